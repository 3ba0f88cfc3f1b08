package sensutest

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	checks = "/apis/core/v2/namespaces/default/checks"
	disk   = "type: CheckConfig\napi_version: core/v2\n" +
		"metadata: { name: disk, namespace: default }\nspec: { command: check-disk, interval: 60 }\n"
	silence = `{"subscription": "linux", "check": "*", "expire": 600}`
)

func send(t *testing.T, s *Server, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.Client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

func statuses(requests []Request) []int {
	var all []int
	for _, request := range requests {
		all = append(all, request.Status)
	}
	return all
}

func TestFaultsAndRequests(t *testing.T) {
	s := Start(t)
	s.Fail(Fault{Operation: "check_create", Status: 503, Times: 1})
	// The transport of Go repeats a GET that was reset on a connection in use, but no other method.
	s.Fail(Fault{Operation: "check_delete", Reset: true, Nth: 2})
	check := `{"metadata": {"name": "cpu"}, "interval": 60}`
	for _, wanted := range []int{503, 200} {
		if status, text := send(t, s, "POST", checks, check); status != wanted {
			t.Fatalf("status %d, not %d: %s", status, wanted, text)
		}
	}
	if all := statuses(s.Requests("check_create")); len(all) != 2 || all[0] != 503 || all[1] != 200 {
		t.Fatal(all)
	}
	for _, wanted := range []int{204, 0, 404} {
		if status, text := send(t, s, "DELETE", checks+"/cpu", ""); status != wanted {
			t.Fatalf("status %d, not %d: %s", status, wanted, text)
		}
	}
	if faults := s.Faults(); faults[0].Matched != 2 || faults[0].Injected != 1 || faults[1].ID == "" {
		t.Fatal(faults)
	}
	s.Reset()
	if all := s.Requests(""); len(all) != 0 {
		t.Fatal(all)
	}
}

func TestClockSeedsAndSnapshots(t *testing.T) {
	s := Start(t)
	s.Seed(disk)
	s.Snapshot("with-disk")
	if status, text := send(t, s, "POST", "/apis/core/v2/namespaces/default/silenced", silence); status >= 300 {
		t.Fatal(status, text)
	}
	s.Advance(9 * time.Minute)
	path := "/apis/core/v2/namespaces/default/silenced/linux:*"
	if status, text := send(t, s, "GET", path, ""); status != 200 {
		t.Fatal(status, text)
	}
	s.Advance(2 * time.Minute)
	if status, text := send(t, s, "GET", path, ""); status != 404 {
		t.Fatal(status, text)
	}
	s.Reset()
	if status, text := send(t, s, "GET", checks+"/disk", ""); status != 404 {
		t.Fatal(status, text)
	}
	s.Restore("with-disk")
	if status, text := send(t, s, "GET", checks+"/disk", ""); status != 200 {
		t.Fatal(status, text)
	}
}

func TestObjectsOfTheStart(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "disk.yaml")
	if err := os.WriteFile(seed, []byte(disk), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Start(t, seed)
	if status, text := send(t, s, "GET", checks+"/disk", ""); status != 200 {
		t.Fatal(status, text)
	}
}
