package sensutest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Fault is a fault for requests that meet all conditions. Empty fields are no conditions and no effects.
type Fault struct {
	// ID, Matched and Injected are set by the server: identifier, requests that met the conditions, requests that failed.
	ID       string `json:"-"`
	Matched  int    `json:"-"`
	Injected int    `json:"-"`

	// Conditions.
	Operation string            `json:"operation,omitempty"` // operation ID: check_create
	Method    string            `json:"method,omitempty"`
	Path      string            `json:"path,omitempty"` // beginning of the path
	Header    map[string]string `json:"header,omitempty"`
	Query     map[string]string `json:"query,omitempty"`
	Nth       int               `json:"nth,omitempty"`   // only the n-th request
	Times     int               `json:"times,omitempty"` // only the first requests

	// Effects.
	Status      int    `json:"status,omitempty"`
	Body        any    `json:"body,omitempty"` // text, or JSON
	ContentType string `json:"content_type,omitempty"`
	Delay       string `json:"delay,omitempty"`    // before the request is processed: 250ms
	Truncate    *int   `json:"truncate,omitempty"` // bytes after which the response ends
	Slow        string `json:"slow,omitempty"`     // time of the transfer of the response: 2s
	Drop        bool   `json:"drop,omitempty"`     // close the connection
	Reset       bool   `json:"reset,omitempty"`    // reset the connection
}

// Request is a recorded request. Secrets are masked.
type Request struct {
	Time      time.Time         `json:"time"`
	ID        string            `json:"id"`
	Method    string            `json:"method"`
	Path      string            `json:"path"`
	Query     string            `json:"query"`
	Headers   map[string]string `json:"headers"` // by name in lower case
	Body      json.RawMessage   `json:"body"`
	Operation string            `json:"operation"` // empty for an unknown path
	Status    int               `json:"status"`    // 0 without a response
}

// Fail makes requests fail, until the next Reset.
func (s *Server) Fail(fault Fault) Fault {
	s.t.Helper()
	s.dev(http.MethodPost, "/dev/faults", fault, &fault)
	return fault
}

// Faults lists the faults with their counts.
func (s *Server) Faults() []Fault {
	s.t.Helper()
	var faults []Fault
	s.dev(http.MethodGet, "/dev/faults", nil, &faults)
	return faults
}

// UnmarshalJSON also reads what the server sets.
func (f *Fault) UnmarshalJSON(text []byte) error {
	type plain Fault
	var counts struct {
		ID                string
		Matched, Injected int
	}
	if err := json.Unmarshal(text, (*plain)(f)); err != nil {
		return err
	}
	err := json.Unmarshal(text, &counts)
	f.ID, f.Matched, f.Injected = counts.ID, counts.Matched, counts.Injected
	return err
}

// Requests lists the recorded requests of an operation, or of all operations if the ID is empty.
func (s *Server) Requests(operation string) []Request {
	s.t.Helper()
	path := "/dev/requests"
	if operation != "" {
		path += "?operation=" + url.QueryEscape(operation)
	}
	var requests []Request
	s.dev(http.MethodGet, path, nil, &requests)
	return requests
}

// Advance advances the clock. When it returns, everything that is due has been done.
func (s *Server) Advance(by time.Duration) {
	s.t.Helper()
	step := map[string]string{"by": time.Duration.String(by.Truncate(time.Millisecond))}
	s.dev(http.MethodPost, "/dev/clock/advance", step, nil)
}

// Reset restores the objects of the start and the clock, and deletes faults and recorded requests.
func (s *Server) Reset() {
	s.t.Helper()
	s.dev(http.MethodPost, "/dev/reset", nil, nil)
}

// Seed creates or replaces objects from YAML or wrapped JSON.
func (s *Server) Seed(manifests string) {
	s.t.Helper()
	s.dev(http.MethodPost, "/dev/seed", manifests, nil)
}

// Snapshot keeps the objects and the clock under a name.
func (s *Server) Snapshot(name string) {
	s.t.Helper()
	s.dev(http.MethodPut, "/dev/snapshots/"+url.PathEscape(name), nil, nil)
}

// Restore restores a snapshot.
func (s *Server) Restore(name string) {
	s.t.Helper()
	s.dev(http.MethodPost, "/dev/snapshots/"+url.PathEscape(name)+"/restore", nil, nil)
}

// dev sends a request to the test kit: text as it is, other bodies as JSON. A failure ends the test.
func (s *Server) dev(method, path string, body, result any) {
	s.t.Helper()
	var content []byte
	switch body := body.(type) {
	case nil:
	case string:
		content = []byte(body)
	default:
		var err error
		if content, err = json.Marshal(body); err != nil {
			s.t.Fatal(err)
		}
	}
	request, err := http.NewRequest(method, s.URL+path, bytes.NewReader(content))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: status %d: %s", method, path, response.StatusCode, text)
	}
	if result != nil {
		if err := json.Unmarshal(text, result); err != nil {
			s.t.Fatal(err)
		}
	}
}
