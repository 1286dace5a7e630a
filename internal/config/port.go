package config

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/assemble-image/assemble/internal/lazyregexp"
)

// Port is a port that the image listens on.
type Port struct {
	Number int
	// Protocol is "udp" or "sctp", and "" for TCP.
	Protocol string
}

// protocols are those that an image can say it listens by.
var protocols = []string{"tcp", "udp", "sctp"}

var portForm = lazyregexp.New(`^([0-9]{1,9})(?:/([A-Za-z]+))?$`)

// ParsePort reads "8000", "8000/tcp" or "53/udp". Whether the number is one of a
// port is left to [Config.Validate].
func ParsePort(s string) (Port, error) {
	m := portForm.FindStringSubmatch(s)
	if m == nil || m[2] != "" && !contains(protocols, m[2]) {
		return Port{}, fmt.Errorf("%q is not a port such as 8000 or 53/udp", s)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return Port{}, fmt.Errorf("%q is not a port such as 8000 or 53/udp", s)
	}
	if m[2] == "tcp" {
		m[2] = ""
	}
	return Port{Number: n, Protocol: m[2]}, nil
}

// String returns the port as the image's configuration takes it.
func (p Port) String() string {
	if p.Protocol == "" {
		return strconv.Itoa(p.Number)
	}
	return fmt.Sprintf("%d/%s", p.Number, p.Protocol)
}

// MarshalJSON writes the port as String does.
func (p Port) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// tcpPorts are those of ports that a health check can ask.
func (c *Config) tcpPorts() []int {
	var list []int
	for _, p := range c.Ports {
		if p.Protocol == "" {
			list = append(list, p.Number)
		}
	}
	return list
}
