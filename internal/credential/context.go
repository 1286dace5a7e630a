package credential

import (
	"bytes"
	"encoding/base64"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// A token may be known by what stands before its longest run.
type context struct {
	kind Kind
	// near, literally, is in what is before the run, which is cheap to find
	// out; where atEnd, it is the end of that.
	near  string
	atEnd bool
	// form matches the end of what is before the run together with the run.
	form *lazyregexp.Regexp
}

// maxBefore is how much before a run is looked at.
const maxBefore = 96

// contexts are those forms, by the byte before the run.
var contexts = [256][]context{
	'.': {
		{kindSendGrid, "SG.", true, lazyregexp.New(`\bSG\.[\w-]{20,32}$`)},
		{kindVault, "hvs.", true, lazyregexp.New(`\bhvs\.[\w-]{24,}$`)},
		{kindVault, "hvb.", true, lazyregexp.New(`\bhvb\.[\w-]{24,}$`)},
		{kindVault, "hvr.", true, lazyregexp.New(`\bhvr\.[\w-]{24,}$`)},
		{kindTerraform, ".atlasv1.", true, lazyregexp.New(`\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,70}$`)},
		{kindGoogle, "ya29.", true, lazyregexp.New(`\bya29\.[\w-]{20,}$`)},
		{kindDoppler, "dp.", false, lazyregexp.New(`\bdp\.(pt|ct|st|sa|scim|audit)\.(\w+\.)?[A-Za-z0-9]{40,44}$`)},
		{kindDynatrace, "dt0", false, lazyregexp.New(`\bdt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}$`)},
		{kindDiscord, ".", false, lazyregexp.New(`\b[MNO][A-Za-z0-9_-]{22,27}\.[\w-]{6}\.[\w-]{27,38}$`)},
	},
	'/': {
		{kindSlack, "hooks.slack.com/", false, lazyregexp.New(`hooks\.slack\.com/(services|workflows|triggers)/[\w/]*/[\w-]{20,}$`)},
		{kindDiscord, "/webhooks/", false, lazyregexp.New(`discord(app)?\.com/api/(v\d+/)?webhooks/\d{17,20}/[\w-]{60,70}$`)},
		{kindTeams, "/IncomingWebhook/", true, lazyregexp.New(`/IncomingWebhook/[0-9a-f]{32}$`)},
		{kindGoogle, "1//", true, lazyregexp.New(`(^|[^\w])1//0[\w-]{40,}$`)},
	},
	':': {
		{kindTelegram, ":", true, lazyregexp.New(`(^|[^0-9])\d{8,10}:AA[\w-]{33}$`)},
	},
}

// lookBack returns what a run is by what stands before it.
func lookBack(b []byte, start, end int, where Where) Kind {
	list := contexts[b[start-1]]
	if list == nil || end-start > 512 {
		return 0
	}
	from := max(0, start-maxBefore)
	before, text := b[from:start], b[from:end]
	for i := range list {
		c := &list[i]
		if !c.isNear(before) || !c.form.Match(text) || placeholder(b[start:end], where) {
			continue
		}
		if c.kind != kindDiscord || b[start-1] != '.' || discordID(text) {
			return c.kind
		}
	}
	return 0
}

// isNear tells cheaply, of most runs, that they have not that form.
func (c *context) isNear(before []byte) bool {
	switch {
	case c.kind == kindDiscord && c.near == ".": // .XXXXXX. before the run
		return len(before) > 30 && before[len(before)-8] == '.'
	case c.kind == kindTelegram:
		return len(before) > 8 && before[len(before)-2]-'0' < 10
	case c.atEnd:
		return bytes.HasSuffix(before, []byte(c.near))
	}
	return bytes.Contains(before, []byte(c.near))
}

var discordToken = lazyregexp.New(`([A-Za-z0-9_-]{23,28})\.[\w-]{6}\.[\w-]+$`)

// discordID reports whether a token begins with a number in base64, the bot's.
func discordID(text []byte) bool {
	m := discordToken.FindSubmatch(text)
	if m == nil {
		return false
	}
	id, err := base64.RawURLEncoding.DecodeString(string(m[1]))
	return err == nil && len(id) >= 17 && len(bytes.Trim(id, "0123456789")) == 0
}

var secretValue = lazyregexp.New(`^["']?\s*[:=,]+\s*["']?([A-Za-z0-9/+]{40})(["'\s,;}\]\\]|$)`)

// assignedSecret finds the secret of AWS, which has no shape of its own, by its
// name.
func assignedSecret(b []byte, start, end int, where Where) Kind {
	const name = "aws_secret_access_key"
	if end-start < len(name) || !bytes.EqualFold(b[end-len(name):end], []byte(name)) {
		return 0
	}
	m := secretValue.FindSubmatch(b[end:min(len(b), end+64)])
	if m == nil || placeholder(m[1], where) {
		return 0
	}
	return kindAWSSecret
}

var (
	azureKey    = lazyregexp.New(`(AccountKey|SharedAccessKey|accountKey|sharedAccessKey)=[A-Za-z0-9+/]{42,86}={1,2}`)
	azureSecret = lazyregexp.New(`(^|[^A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}([^A-Za-z0-9_~.-]|$)`)
)

// findAssigned finds Azure's keys and secrets, whose characters break up runs.
func findAssigned(b []byte) (Kind, int) {
	for _, a := range [...]struct {
		literal string
		form    *lazyregexp.Regexp
	}{{"Key=", azureKey}, {"Q~", azureSecret}} {
		for from := 0; ; {
			i := bytes.Index(b[from:], []byte(a.literal))
			if i < 0 {
				break
			}
			i += from
			from = i + len(a.literal)
			lo := max(0, i-16)
			if m := a.form.FindIndex(b[lo:min(len(b), i+128)]); m != nil {
				return kindAzure, lo + m[0]
			}
		}
	}
	return 0, 0
}
