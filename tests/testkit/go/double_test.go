// The Go example: standard library only.
package double

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const checks = "/apis/core/v2/namespaces/default/checks"

type double struct {
	URL, User, Password string
	token               string
}

// start runs a server for the test: in memory, on a free port.
func start(t *testing.T) *double {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	server := os.Getenv("SENSU_SERVER")
	if server == "" {
		server = "sensu-server"
	}
	command := exec.Command(server, "start", "--dev", "--in-memory", "--port", "0",
		"--password-cost", "4", "--ready-file", ready, "--seed", filepath.Join("..", "seed"))
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	var d double
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(ready); err == nil {
			if err := json.Unmarshal(text, &d); err != nil {
				t.Fatal(err)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not start")
		}
	}
	request, _ := http.NewRequest("GET", d.URL+"/auth", nil)
	request.SetBasicAuth(d.User, d.Password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&tokens); err != nil {
		t.Fatal(err)
	}
	d.token = tokens.AccessToken
	return &d
}

func (d *double) send(method, path, body, fault string) (int, error) {
	request, err := http.NewRequest(method, d.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+d.token)
	request.Header.Set("Content-Type", "application/json")
	if fault != "" {
		request.Header.Set("Sensu-Dev-Fault", fault)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func TestDouble(t *testing.T) {
	d := start(t)
	check := `{"metadata": {"name": "cpu"}, "interval": 60}`
	for _, step := range []struct {
		method, path, body, fault string
		status                    int
	}{
		{"GET", checks + "/disk", "", "", 200}, // from the seed
		{"POST", checks, check, "status=503", 503},
		{"GET", checks, "", "status=502; count=1", 502},
		{"GET", checks, "", "status=502; count=1", 200},
		{"DELETE", checks + "/disk", "", "", 204},
		{"POST", checks, check, "", 200},
		{"POST", checks, check, "", 409},
		{"POST", "/dev/reset", "", "", 200},
		{"GET", checks + "/disk", "", "", 200},
		{"POST", checks, check, "", 200},
	} {
		status, err := d.send(step.method, step.path, step.body, step.fault)
		if err != nil || status != step.status {
			t.Fatalf("%s %s: %d %v, not %d", step.method, step.path, status, err, step.status)
		}
	}
	if status, err := d.send("POST", checks, check, "drop"); err == nil {
		t.Fatalf("the connection was not closed: %d", status)
	}
}
