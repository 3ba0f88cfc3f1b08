module github.com/sensu-api/sensu-api/tests/kit/go

go 1.19
