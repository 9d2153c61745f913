package main

import (
	"regexp"
	"strings"

	"sparkless/storage/printable"
)

// notShown stands for a value that may be a secret.
const notShown = "(not shown: it may hold a secret, which belongs in another setting)"

// address shows a setting's value, such as an address, unless somebody put a secret
// into it that belongs elsewhere: a signature, a key, a password. Every error that
// repeats a value uses it.
func address(text string) string {
	for plain, deep := text, 0; ; deep++ {
		if secretive(plain) {
			return notShown
		}
		next := percentDecoded(plain)
		if next == plain {
			return printable.Whole(text)
		}
		if deep == maxDecoded {
			return notShown // nobody encodes an address so often
		}
		plain = next
	}
}

// maxDecoded is how many times over percent-encoding is looked through.
const maxDecoded = 3

// percentDecoded decodes what is percent-encoded, and leaves a % that begins no
// encoding as it is.
func percentDecoded(text string) string {
	return regexp.MustCompile(`%[0-9a-fA-F]{2}`).ReplaceAllStringFunc(text, func(code string) string {
		const digits = "0123456789abcdef"
		code = strings.ToLower(code)
		return string([]byte{byte(strings.IndexByte(digits, code[1])<<4 | strings.IndexByte(digits, code[2]))})
	})
}

func secretive(text string) bool {
	lower := strings.ToLower(text)
	for _, name := range []string{"sig=", "key=", "password=", "pwd=", "secret=", "token="} {
		if strings.Contains(lower, name) {
			return true
		}
	}
	_, rest, isURL := strings.Cut(lower, "://")
	host, _, _ := strings.Cut(rest, "/")
	return isURL && strings.Contains(host, "@") || holdsKey(text) || holdsToken(text)
}

// holdsToken reports whether a text holds a JSON Web Token, as API keys are: its header
// is base64 of what begins with {" (RFC 7519, section 3.1).
func holdsToken(text string) bool {
	return regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`).MatchString(text)
}

// keyLength is how many characters of base64 a key of 32 bytes has, without the =.
const keyLength = 43

// holdsKey reports whether a text holds that many characters of base64 in a row
// that do not look like a path or a name of several words.
func holdsKey(text string) bool {
	if regexp.MustCompile(`[A-Za-z0-9+/_-]{42,}={1,2}([^A-Za-z0-9+/_=-]|$)`).MatchString(text) {
		return true // as the keys of accounts and workspaces end
	}
	guid := regexp.MustCompile(`(?i)\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`)
	for _, run := range regexp.MustCompile(`[A-Za-z0-9+/_-]{43,}`).FindAllString(guid.ReplaceAllString(text, "."), -1) {
		if !strings.ContainsAny(run, "/_-") {
			return true
		}
		for i := range len(run) - keyLength + 1 {
			if changes(run[i:i+keyLength]) >= mostChanges {
				return true
			}
		}
	}
	return false
}

// mostChanges is more than paths and names have in keyLength characters; keys have
// more than twice as many, at random.
const mostChanges = 7

// changes counts how often letters and digits change their kind within a word, but
// for a capital before a small letter, as which words begin.
func changes(text string) int {
	n, last := 0, ' '
	for _, c := range text {
		kind := ' '
		switch {
		case 'a' <= c && c <= 'z':
			kind = 'a'
		case 'A' <= c && c <= 'Z':
			kind = 'A'
		case '0' <= c && c <= '9':
			kind = '0'
		}
		if kind != ' ' && last != ' ' && kind != last && !(last == 'A' && kind == 'a') {
			n++
		}
		last = kind
	}
	return n
}
