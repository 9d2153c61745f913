package azure

import (
	"errors"
	"net/url"
	"strings"

	"sparkless/storage/secret"
)

// parseConnectionString reads the parts that concern blobs. The SDK's own parser
// knows neither UseDevelopmentStorage nor how to say what is wrong without
// showing it.
// (Microsoft Learn, "Configure Azure Storage connection strings".)
func parseConnectionString(s string) (target, error) {
	parts, err := splitConnectionString(s)
	if err != nil {
		return target{}, err
	}
	if strings.EqualFold(parts["usedevelopmentstorage"], "true") {
		return developmentStorage(parts)
	}
	t := target{service: parts["blobendpoint"], account: parts["accountname"], key: secret.New(parts["accountkey"])}
	var errs []error
	switch sas := secret.New(parts["sharedaccesssignature"]); {
	case !sas.Empty() && !t.key.Empty():
		errs = append(errs, invalid("storage.connection-string holds both AccountKey and SharedAccessSignature: keep one of them"))
	case !sas.Empty():
		t.sas, err = checkSAS("storage.connection-string: SharedAccessSignature", sas)
		errs = append(errs, err)
	case t.key.Empty():
		errs = append(errs, invalid("storage.connection-string holds neither AccountKey nor SharedAccessSignature"))
	case t.account == "":
		errs = append(errs, invalid("storage.connection-string holds AccountKey but no AccountName"))
	default:
		errs = append(errs, checkKey("storage.connection-string: AccountKey", t.key))
	}
	switch {
	case t.service != "":
	case t.account == "":
		errs = append(errs, invalid("storage.connection-string holds neither AccountName nor BlobEndpoint"))
	default:
		t.service = serviceURL(parts)
		errs = append(errs, checkAccount("storage.connection-string: AccountName", t.account))
	}
	// The emulator often has another host in a container network.
	t.plainHTTP = t.account == emulatorAccount && t.key.Reveal() == emulatorKey
	return t, errors.Join(errs...)
}

// splitConnectionString returns the values by lower-case name.
func splitConnectionString(s string) (map[string]string, error) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := parts[name]; !ok || twice {
			// What stands here may be a piece of a key: do not show it.
			return nil, invalid("storage.connection-string is malformed: it is a list Name=value;Name=value with each name once")
		}
		parts[name] = strings.TrimSpace(value)
	}
	return parts, nil
}

func serviceURL(parts map[string]string) string {
	protocol, suffix := parts["defaultendpointsprotocol"], parts["endpointsuffix"]
	if protocol == "" {
		protocol = "https"
	}
	if suffix == "" {
		suffix = "core.windows.net"
	}
	return protocol + "://" + parts["accountname"] + ".blob." + suffix
}

// developmentStorage is the emulator, on the host of a proxy if one is given.
func developmentStorage(parts map[string]string) (target, error) {
	for _, name := range []string{"accountname", "accountkey", "sharedaccesssignature", "blobendpoint"} {
		if parts[name] != "" {
			return target{}, invalid("storage.connection-string holds UseDevelopmentStorage=true beside an account: keep one of them")
		}
	}
	proxy := parts["developmentstorageproxyuri"]
	if proxy == "" {
		return emulator(""), nil
	}
	u, err := url.Parse(proxy)
	if err != nil || u.Hostname() == "" {
		return target{}, invalid("storage.connection-string: DevelopmentStorageProxyUri is not a URL of the form http://<host>")
	}
	if u.Port() == "" {
		u.Host += ":10000"
	}
	return emulator(u.Scheme + "://" + u.Host), nil
}
