package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	vaultHost     = "my-vault.vault.azure.net"
	vaultToken    = "eyJhbGciOiJub25lIn0.dmF1bHQtdG9rZW4"
	identityProof = "proof-of-this-container"
)

// vaultServer speaks the protocol of Key Vault over TLS, under a real name.
type vaultServer struct {
	certificate []byte // PEM
	host        string // that the tunnel leads to

	mu       sync.Mutex // of what follows; change sets it while the server runs
	secrets  map[string]string
	answer   http.HandlerFunc // in place of secrets, for who has a token
	resource string           // that a token is asked for
	address  string
	asked    []string // names of secrets, by who has a token
}

func (k *vaultServer) change(how func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	how()
}

func startVault(t *testing.T, secrets map[string]string) *vaultServer {
	t.Helper()
	k := &vaultServer{host: vaultHost, secrets: secrets, resource: "https://vault.azure.net"}
	certificate, key := selfSigned(t, vaultHost)
	k.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	server := httptest.NewUnstartedServer(http.HandlerFunc(k.serve))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	k.change(func() { k.address = server.Listener.Addr().String() })
	return k
}

func selfSigned(t *testing.T, host string) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

func (k *vaultServer) serve(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name, ok := strings.CutPrefix(r.URL.Path, "/secrets/")
	name = strings.TrimSuffix(name, "/")
	switch {
	case !ok || r.Method != http.MethodGet || r.URL.Query().Get("api-version") == "" || strings.Contains(name, "/"):
		refuseVault(w, http.StatusBadRequest, "BadParameter", "")
		return
	case r.Header.Get("Authorization") != "Bearer "+vaultToken:
		w.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555", resource="`+k.resource+`"`)
		refuseVault(w, http.StatusUnauthorized, "Unauthorized", "")
		return
	}
	k.asked = append(k.asked, name)
	value, ok := k.secrets[name]
	switch {
	case k.answer != nil:
		k.answer(w, r)
	case !ok:
		refuseVault(w, http.StatusNotFound, "SecretNotFound", "")
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{
			"value": value, "id": "https://" + vaultHost + "/secrets/" + name + "/0123456789abcdef0123456789abcdef",
			"attributes": map[string]any{"enabled": true, "created": 1795158300, "updated": 1795158300, "recoveryLevel": "Recoverable"},
		})
	}
}

func refuseVault(w http.ResponseWriter, status int, code, inner string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"code":%q,"message":"Caller: appid=0;oid=0\r\nhush","innererror":{"code":%q}}}`, code, inner)
}

// names are the secrets that were asked for since the last call, sorted.
func (k *vaultServer) names() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	asked := slices.Sorted(slices.Values(k.asked))
	k.asked = nil
	return slices.Compact(asked)
}

func (k *vaultServer) where() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.address
}

// transport leads every host to the server, whose certificate it trusts.
func (k *vaultServer) transport() *http.Transport {
	t := newVaultTransport()
	t.Proxy = nil
	t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, k.where())
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(k.certificate)
	t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return t
}

// environment makes a process find the vault under its name, trust it, and have a
// managed identity as in Azure Container Apps.
func (k *vaultServer) environment(t *testing.T) []string {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(k.tunnel))
	identity := httptest.NewServer(http.HandlerFunc(giveToken))
	t.Cleanup(func() { proxy.CloseClientConnections(); proxy.Close(); identity.Close() })
	file := filepath.Join(t.TempDir(), "certificates.pem")
	if err := os.WriteFile(file, k.certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + file, "IDENTITY_ENDPOINT=" + identity.URL, "IDENTITY_HEADER=" + identityProof}
}

// giveToken answers as the endpoint of managed identities does.
func giveToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-IDENTITY-HEADER") != identityProof || r.URL.Query().Get("resource") != "https://vault.azure.net" {
		http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, `{"access_token":%q,"expires_on":"%d","resource":"https://vault.azure.net","token_type":"Bearer"}`,
		vaultToken, time.Now().Add(time.Hour).Unix())
}

// tunnel is a proxy that knows the way to one host alone.
func (k *vaultServer) tunnel(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Host != k.host+":443" {
		http.Error(w, "no way there", http.StatusBadGateway)
		return
	}
	there, err := net.Dial("tcp", k.where())
	if err != nil {
		http.Error(w, "nobody there", http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		_ = there.Close()
		return
	}
	_, _ = io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(there, here); _ = there.Close() }()
	go func() { _, _ = io.Copy(here, there); _ = here.Close() }()
}
