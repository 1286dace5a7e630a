package credential

// The kinds that aren't told by a shape alone.
const (
	_ Kind = iota
	kindKey
	kindDocker
	kindAWS
	kindAWSSecret
	kindGoogle
	kindAzure
	kindGitHub
	kindGitLab
	kindSlack
	kindDiscord
	kindTelegram
	kindTeams
	kindSendGrid
	kindVault
	kindTerraform
	kindDoppler
	kindDynatrace
	kindPackages
	kindModels
	kindStripe
	kindService
)

var kindNames = [...]string{
	"nothing", "a private key", "registry credentials", "an AWS access key", "an AWS secret key", "a Google credential",
	"an Azure credential", "a GitHub token", "a GitLab token", "a Slack token", "a Discord token", "a Telegram token",
	"a Teams webhook", "a SendGrid key", "a Vault token", "a Terraform token", "a Doppler token", "a Dynatrace token",
	"a package registry's token", "a model provider's API key", "a Stripe key", "a service's API token",
}

// shape is a token's: a fixed prefix, then so many characters of a set, and
// then none that could be part of it.
type shape struct {
	kind     Kind
	prefix   string
	set      *charset
	min, max int               // max is 0 for no bound
	digit    bool              // one of them is a digit
	also     func([]byte) bool // holds for what begins with the token
}

// charset has the characters of a set.
type charset [256]bool

func chars(ranges string) *charset {
	var c charset
	for i := 0; i+1 < len(ranges); i += 2 {
		for b := int(ranges[i]); b <= int(ranges[i+1]); b++ {
			c[b] = true
		}
	}
	return &c
}

var (
	alnum = chars("azAZ09")
	url   = chars("azAZ09__--") // base64url, too
	word  = chars("azAZ09__")
	upper = chars("AZ09")
	hex   = chars("09afAF")
	inRun = url
)

// shapes are as the providers document them, with some room for what they make
// longer.
var shapes = []shape{
	{kind: kindKey, prefix: "LS0tLS1CRUdJTi", set: alnum, min: 6, also: holdsKey},
	{kind: kindDocker, prefix: "eyJhdXRocyI6", set: alnum, min: 8, also: holdsDocker},
	{kind: kindKey, prefix: "AGE-SECRET-KEY-1", set: upper, min: 58, max: 58},

	{kind: kindAWS, prefix: "AKIA", set: upper, min: 16, max: 16},
	{kind: kindAWS, prefix: "ASIA", set: upper, min: 16, max: 16},
	{kind: kindAWS, prefix: "ABIA", set: upper, min: 16, max: 16},
	{kind: kindAWS, prefix: "ACCA", set: upper, min: 16, max: 16},
	{kind: kindGoogle, prefix: "AIza", set: url, min: 35, max: 35},
	{kind: kindGoogle, prefix: "GOCSPX-", set: url, min: 24, max: 40},
	{kind: kindService, prefix: "LTAI", set: alnum, min: 17, max: 20, digit: true}, // Alibaba
	{kind: kindService, prefix: "AKID", set: alnum, min: 32, max: 32, digit: true}, // Tencent
	{kind: kindService, prefix: "dop_v1_", set: hex, min: 64, max: 64},             // DigitalOcean
	{kind: kindService, prefix: "doo_v1_", set: hex, min: 64, max: 64},
	{kind: kindService, prefix: "dor_v1_", set: hex, min: 64, max: 64},
	{kind: kindService, prefix: "dapi", set: hex, min: 32, max: 32}, // Databricks
	{kind: kindService, prefix: "HRKU-", set: url, min: 30},         // Heroku

	{kind: kindGitHub, prefix: "ghp_", set: alnum, min: 36, max: 255},
	{kind: kindGitHub, prefix: "gho_", set: alnum, min: 36, max: 255},
	{kind: kindGitHub, prefix: "ghu_", set: alnum, min: 36, max: 255},
	{kind: kindGitHub, prefix: "ghs_", set: alnum, min: 36, max: 255},
	{kind: kindGitHub, prefix: "ghr_", set: alnum, min: 36, max: 255},
	{kind: kindGitHub, prefix: "github_pat_", set: word, min: 36, max: 255},
	{kind: kindGitLab, prefix: "glpat-", set: url, min: 20},
	{kind: kindGitLab, prefix: "gldt-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glrt-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glrtr-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glcbt-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glptt-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glft-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glimt-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glagent-", set: url, min: 20},
	{kind: kindGitLab, prefix: "gloas-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glsoat-", set: url, min: 20},
	{kind: kindGitLab, prefix: "glffct-", set: url, min: 20},
	{kind: kindGitLab, prefix: "GR1348941", set: url, min: 20},
	{kind: kindService, prefix: "ATATT3", set: url, min: 60}, // Atlassian
	{kind: kindService, prefix: "ATCTT3", set: url, min: 60},
	{kind: kindService, prefix: "ATBB", set: alnum, min: 28, max: 32, digit: true},

	{kind: kindSlack, prefix: "xoxa-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxb-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxc-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxd-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxe-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxo-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxp-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxr-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xoxs-", set: url, min: 15, digit: true},
	{kind: kindSlack, prefix: "xapp-", set: url, min: 20, digit: true},

	{kind: kindPackages, prefix: "npm_", set: alnum, min: 36, max: 36},
	{kind: kindPackages, prefix: "pypi-AgE", set: url, min: 30},
	{kind: kindPackages, prefix: "rubygems_", set: hex, min: 48, max: 48},
	{kind: kindPackages, prefix: "cio", set: alnum, min: 32, max: 32, digit: true},
	{kind: kindPackages, prefix: "AKCp", set: alnum, min: 69, max: 73},
	{kind: kindDocker, prefix: "dckr_pat_", set: url, min: 27},
	{kind: kindDocker, prefix: "dckr_oat_", set: url, min: 27},

	{kind: kindModels, prefix: "sk-ant-", set: url, min: 24, digit: true},
	{kind: kindModels, prefix: "sk-proj-", set: url, min: 24, digit: true},
	{kind: kindModels, prefix: "sk-svcacct-", set: url, min: 24, digit: true},
	{kind: kindModels, prefix: "sk-admin-", set: url, min: 24, digit: true},
	{kind: kindModels, prefix: "sk-None-", set: url, min: 24, digit: true},
	{kind: kindModels, prefix: "sk-or-v1-", set: hex, min: 64, max: 64},
	{kind: kindModels, prefix: "sk-", set: alnum, min: 32, max: 128, digit: true},
	{kind: kindModels, prefix: "hf_", set: alnum, min: 34, max: 40},
	{kind: kindModels, prefix: "gsk_", set: alnum, min: 52, max: 52},
	{kind: kindModels, prefix: "xai-", set: alnum, min: 80, max: 80},
	{kind: kindModels, prefix: "pplx-", set: alnum, min: 48, max: 56},
	{kind: kindModels, prefix: "r8_", set: alnum, min: 37, max: 40},
	{kind: kindModels, prefix: "nvapi-", set: url, min: 60, max: 70},
	{kind: kindModels, prefix: "lsv2_pt_", set: word, min: 40, max: 50},
	{kind: kindModels, prefix: "lsv2_sk_", set: word, min: 40, max: 50},

	{kind: kindStripe, prefix: "sk_live_", set: alnum, min: 16},
	{kind: kindStripe, prefix: "rk_live_", set: alnum, min: 16},
	{kind: kindStripe, prefix: "sk_test_", set: alnum, min: 16},
	{kind: kindStripe, prefix: "rk_test_", set: alnum, min: 16},
	{kind: kindStripe, prefix: "whsec_", set: alnum, min: 32},
	{kind: kindSendGrid, prefix: "xkeysib-", set: url, min: 64, digit: true}, // Brevo
	{kind: kindService, prefix: "SK", set: hex, min: 32, max: 32},            // Twilio
	{kind: kindService, prefix: "PMAK-", set: url, min: 55},                  // Postman
	{kind: kindService, prefix: "shpat_", set: hex, min: 32, max: 32},        // Shopify
	{kind: kindService, prefix: "shpca_", set: hex, min: 32, max: 32},
	{kind: kindService, prefix: "shppa_", set: hex, min: 32, max: 32},
	{kind: kindService, prefix: "shpss_", set: hex, min: 32, max: 32},
	{kind: kindService, prefix: "sq0atp-", set: url, min: 22, max: 60, digit: true}, // Square
	{kind: kindService, prefix: "sq0csp-", set: url, min: 43, max: 60, digit: true},
	{kind: kindService, prefix: "lin_api_", set: alnum, min: 40, max: 40},          // Linear
	{kind: kindService, prefix: "ntn_", set: alnum, min: 40, max: 50, digit: true}, // Notion
	{kind: kindService, prefix: "glsa_", set: word, min: 41, max: 41},              // Grafana
	{kind: kindService, prefix: "NRAK-", set: upper, min: 27, max: 27},             // New Relic
	{kind: kindService, prefix: "sntryu_", set: hex, min: 64, max: 64},             // Sentry
	{kind: kindService, prefix: "sntrys_", set: word, min: 60},                     //
	{kind: kindService, prefix: "pul-", set: hex, min: 40, max: 40},                // Pulumi
	{kind: kindService, prefix: "pscale_tkn_", set: url, min: 32, digit: true},     // PlanetScale
	{kind: kindService, prefix: "pscale_pw_", set: url, min: 32, digit: true},      //
	{kind: kindService, prefix: "sbp_", set: hex, min: 40, max: 40},                // Supabase
	{kind: kindService, prefix: "tskey-", set: url, min: 24, digit: true},          // Tailscale
	{kind: kindService, prefix: "figd_", set: url, min: 40, digit: true},           // Figma
	{kind: kindService, prefix: "CCIPAT_", set: word, min: 40, digit: true},        // CircleCI
	{kind: kindService, prefix: "bkua_", set: hex, min: 40, max: 40},               // Buildkite
	{kind: kindService, prefix: "ops_eyJ", set: url, min: 200},                     // 1Password
}

// byFirst lists the shapes by their first byte.
var byFirst = func() (list [256][]int) {
	for i, s := range shapes {
		list[s.prefix[0]] = append(list[s.prefix[0]], i)
	}
	return list
}()
