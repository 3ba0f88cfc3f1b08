// Package sensutest starts a Sensu server in memory for a test, makes its requests fail, and lists them.
//
// The program is that of the environment variable SENSU_SERVER, or sensu-server in PATH. Only the standard library is used.
package sensutest

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// startTime is the maximum time for the start of the server.
const startTime = time.Minute

// Server is a running server.
type Server struct {
	// URL is the address: http://127.0.0.1:40123.
	URL string
	// User and Password are those of the administrator.
	User, Password string
	// Client sends requests with the credentials of the administrator.
	Client *http.Client

	t testing.TB
}

// Start starts a server with the objects of the seeds: files or directories of YAML or wrapped JSON. It stops when the test ends.
func Start(t testing.TB, seeds ...string) *Server {
	t.Helper()
	folder := t.TempDir()
	ready, logFile := filepath.Join(folder, "ready.json"), filepath.Join(folder, "server.log")
	program := os.Getenv("SENSU_SERVER")
	if program == "" {
		program = "sensu-server"
	}
	arguments := []string{"start", "--dev", "--in-memory", "--port", "0", "--password-cost", "4", "--ready-file", ready}
	for _, seed := range seeds {
		arguments = append(arguments, "--seed", seed)
	}
	log, err := os.Create(logFile)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, arguments...)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatalf("cannot run %s: %v; install sensu-server, or set SENSU_SERVER to the path of the program", program, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		_ = log.Close()
	})
	s := &Server{t: t}
	deadline := time.After(startTime)
	for {
		if text, err := os.ReadFile(ready); err == nil {
			if err := json.Unmarshal(text, s); err != nil {
				t.Fatal(err)
			}
			break
		}
		select {
		case <-ended:
			text, _ := os.ReadFile(logFile)
			t.Fatalf("sensu-server did not start:\n%s", text)
		case <-deadline:
			t.Fatalf("sensu-server did not start in %v", startTime)
		case <-time.After(5 * time.Millisecond):
		}
	}
	s.logIn()
	return s
}

// authorized adds the credentials of the administrator to requests without credentials.
type authorized struct {
	token string
}

func (a *authorized) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Header.Get("Authorization") == "" {
		request = request.Clone(request.Context())
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	return http.DefaultTransport.RoundTrip(request)
}

// logIn creates the client. Its token stays valid over resets.
func (s *Server) logIn() {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.URL+"/auth", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.SetBasicAuth(s.User, s.Password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&tokens); err != nil {
		s.t.Fatal(err)
	}
	s.Client = &http.Client{Transport: &authorized{token: tokens.AccessToken}}
	s.dev(http.MethodDelete, "/dev/requests", nil, nil)
}
