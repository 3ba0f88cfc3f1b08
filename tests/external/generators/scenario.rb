# The scenario of every client, run with the Ruby client of openapi-generator.

require "sensu_openapi"

include SensuOpenapi

NAMESPACE = "default"

def client(**credentials)
  config = Configuration.new
  config.scheme, config.host = ENV.fetch("SENSU_URL").split("://")
  credentials.each { |name, value| config.public_send("#{name}=", value) }
  ApiClient.new(config)
end

def assert_equal(expected, actual)
  raise "#{expected.inspect} expected, got #{actual.inspect}" unless expected == actual
end

# The status and the code of an error. Its body is not typed.
def failure
  yield
  nil
rescue ApiError => e
  [e.code, JSON.parse(e.response_body).fetch("code")]
end

tokens = AuthenticationApi.new(client(username: "admin", password: "P@ssw0rd!")).auth_login
session = client(access_token: tokens.access_token)
checks = ChecksApi.new(session)

at_night = SubdueInput.new(days: TimeWindowDays.new(all: [TimeWindow.new(_begin: "5:00PM", _end: "8:00AM")]))
{ "ruby-a" => at_night, "ruby-b" => nil }.each do |name, subdue|
  metadata = ObjectMetaCreate.new(name: name)
  check = CheckConfigCreate.new(command: "check-cpu.sh", interval: 60, metadata: metadata, subdue: subdue)
  created = checks.check_create(NAMESPACE, check)
  assert_equal name, created.metadata.name
  assert_equal subdue&.to_hash, created.subdue&.to_hash
end
duplicate = CheckConfigCreate.new(interval: 60, metadata: ObjectMetaCreate.new(name: "ruby-a"))
assert_equal [409, 3], (failure { checks.check_create(NAMESPACE, duplicate) })

event = EventInput.new(
  entity: EntityInput.new(entity_class: "proxy"),
  check: CheckInput.new(interval: 60, status: 1, output: "slow")
)
assert_equal 1, EventsApi.new(session).event_put(NAMESPACE, "web-1", "ruby-a", event).check.status

first, _, headers = checks.check_list_with_http_info(NAMESPACE, limit: 1)
second, _, last = checks.check_list_with_http_info(NAMESPACE, limit: 1, continue: headers["sensu-continue"])
assert_equal %w[ruby-a ruby-b], (first + second).map { |check| check.metadata.name }
assert_equal nil, last["sensu-continue"]

assert_equal [404, 2], (failure { checks.check_get(NAMESPACE, "ruby-missing") })

patched = checks.check_patch(NAMESPACE, "ruby-a", CheckConfigPatch.new(interval: 30, subdue: nil))
assert_equal [30, nil], [patched.interval, patched.subdue]

%w[ruby-a ruby-b].each do |name|
  assert_equal 204, checks.check_delete_with_http_info(NAMESPACE, name)[1]
end
assert_equal [], checks.check_list(NAMESPACE)
puts "passed"
