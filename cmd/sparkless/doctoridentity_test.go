package main

import (
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sparkless/cmd/sparkless/doctor"
)

const (
	accountHost = "mystorage.blob.core.windows.net"
	hunterID    = "00000000-0000-0000-0000-00000000bbbb"
)

// startAccount is a storage account under its own name, over TLS, to which the
// identity of this machine may sign in, and that answers what it does: Azurite
// knows no roles and no network rules.
func startAccount(t *testing.T, answer http.HandlerFunc) []string {
	t.Helper()
	certificate, key := selfSigned(t, accountHost)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		answer(w, r)
	}))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	server.StartTLS()
	k := &vaultServer{address: server.Listener.Addr().String(), host: accountHost}
	proxy := httptest.NewServer(http.HandlerFunc(k.tunnel))
	claims, _ := json.Marshal(map[string]string{"oid": hunterID, "idtyp": "app", "xms_mirid": "/subscriptions/0f0e/resourcegroups/soc/providers/Microsoft.ManagedIdentity/userAssignedIdentities/hunter"})
	token := "eyJ9." + base64.RawURLEncoding.EncodeToString(claims) + ".c2ln"
	identity := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-IDENTITY-HEADER") != identityProof {
			http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, `{"access_token":%q,"expires_on":"%d","resource":%q,"token_type":"Bearer"}`, token, time.Now().Add(time.Hour).Unix(), r.URL.Query().Get("resource"))
	}))
	t.Cleanup(func() { proxy.CloseClientConnections(); proxy.Close(); identity.Close(); server.Close() })
	file := filepath.Join(t.TempDir(), "certificates.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + file, "IDENTITY_ENDPOINT=" + identity.URL, "IDENTITY_HEADER=" + identityProof, "SPARKLESS_STORAGE_ACCOUNT=mystorage"}
}

func refuseBlob(status int, code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("x-ms-error-code", code)
		w.WriteHeader(status)
	}
}

// A role that is missing is named with whom to give it to and where, down to the
// command.
func TestDoctorWithoutRole(t *testing.T) {
	t.Parallel()
	const scope = `--scope "$(az storage account show --name mystorage --query id --output tsv)/blobServices/default/containers/`
	const who = ` --assignee-object-id ` + hunterID + ` --assignee-principal-type ServicePrincipal `
	lines := consult(t, 4, startAccount(t, refuseBlob(403, "AuthorizationPermissionMismatch")))
	expect{
		"sign-in":         {doctor.Passed, "userAssignedIdentities/hunter, object ID " + hunterID},
		"storage account": {doctor.Passed, accountHost + " by the proxy 127.0.0.1"},
		"export":          {doctor.Failed, `az role assignment create --role "Storage Blob Data Reader"` + who + scope + `am-securityevent" `},
		"workspace":       {doctor.Unchecked, `"export" failed`},
		"work store":      {doctor.Failed, `az role assignment create --role "Storage Blob Data Contributor"` + who + scope + `sparkless-work" `},
	}.of(t, "no role", lines)

	lines = consult(t, 4, startAccount(t, refuseBlob(403, "AuthorizationFailure")))
	expect{"export": {doctor.Failed, "az storage account network-rule add --account-name mystorage"}}.of(t, "firewall", lines)
	expect{"export": {doctor.Failed, "privatelink.blob.core.windows.net"}}.of(t, "firewall", lines)

	environment := startAccount(t, refuseBlob(403, "AuthorizationFailure"))
	lines = consult(t, 1, append(environment, "HTTPS_PROXY=http://127.0.0.1:1"))
	expect{"sign-in": {doctor.Passed, "token"}, "storage account": {doctor.Failed, "no connection to " + accountHost + " by the proxy 127.0.0.1:1"}, "export": {doctor.Unchecked, "failed"}}.of(t, "no way there", lines)
	lines = consult(t, 1, append(environment, "SSL_CERT_FILE=/dev/null", "SSL_CERT_DIR=/dev/null"))
	expect{"storage account": {doctor.Failed, "SSL_CERT_FILE"}}.of(t, "a proxy that looks into TLS", lines)
	lines = consult(t, 4, append(environment, "IDENTITY_HEADER=forged", "AZURE_TOKEN_CREDENTIALS=ManagedIdentityCredential"))
	expect{"sign-in": {doctor.Failed, "az login"}, "storage account": {doctor.Unchecked, `"sign-in" failed`}}.of(t, "no identity", lines)
}
