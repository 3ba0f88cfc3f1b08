// The scenario of every client, run with the Go client of openapi-generator.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"reflect"

	sensu "example.com/sensu"
)

const namespace = "default"

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func that(holds bool, what ...any) {
	if !holds {
		panic(fmt.Sprint(what...))
	}
}

func main() {
	settings := sensu.NewConfiguration()
	settings.Servers = sensu.ServerConfigurations{{URL: os.Getenv("SENSU_URL")}}
	client := sensu.NewAPIClient(settings)

	login := context.WithValue(context.Background(), sensu.ContextBasicAuth,
		sensu.BasicAuth{UserName: "admin", Password: "P@ssw0rd!"})
	tokens, _, err := client.AuthenticationAPI.AuthLogin(login).Execute()
	must(err)
	authorized := context.WithValue(context.Background(), sensu.ContextAccessToken, tokens.GetAccessToken())

	night := sensu.NewTimeWindow("5:00PM", "8:00AM")
	days := sensu.NewTimeWindowDays()
	days.SetAll([]sensu.TimeWindow{*night})
	atNight := sensu.NewSubdueInput()
	atNight.SetDays(*days)
	for name, subdue := range map[string]*sensu.SubdueInput{"go-a": atNight, "go-b": nil} {
		check := sensu.NewCheckConfigCreate(*sensu.NewObjectMetaCreate(name))
		check.SetCommand("check-cpu.sh")
		check.SetInterval(60)
		check.Subdue.Set(subdue)
		made, _, err := client.ChecksAPI.CheckCreate(authorized, namespace).CheckConfigCreate(*check).Execute()
		must(err)
		that(made.GetInterval() == 60, made)
		stored := made.Subdue.Get()
		that(made.Subdue.IsSet() && (stored == nil) == (subdue == nil), made)
		that(stored == nil || reflect.DeepEqual(stored.GetDays(), *days), made)
	}

	first, response, err := client.ChecksAPI.CheckList(authorized, namespace).Limit(1).Execute()
	must(err)
	token := response.Header.Get("Sensu-Continue")
	that(token != "", "no second page")
	second, response, err := client.ChecksAPI.CheckList(authorized, namespace).Limit(1).Continue_(token).Execute()
	must(err)
	that(len(first) == 1 && len(second) == 1, first, second)
	that(first[0].Metadata.GetName() == "go-a" && second[0].Metadata.GetName() == "go-b", first, second)
	that(response.Header.Get("Sensu-Continue") == "", "a third page")

	_, response, err = client.ChecksAPI.CheckGet(authorized, namespace, "go-missing").Execute()
	that(err != nil && response.StatusCode == http.StatusNotFound, err)
	missing, typed := err.(*sensu.GenericOpenAPIError).Model().(sensu.ErrorResponse)
	that(typed && missing.GetCode() == 2, err)

	for _, name := range []string{"go-a", "go-b"} {
		_, err := client.ChecksAPI.CheckDelete(authorized, namespace, name).Execute()
		must(err)
	}
	remaining, _, err := client.ChecksAPI.CheckList(authorized, namespace).Execute()
	must(err)
	that(len(remaining) == 0, remaining)
	fmt.Println("passed")
}
