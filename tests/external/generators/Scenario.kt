// The scenario of every client, run with the Kotlin models of openapi-generator, Gson and the HTTP client of Java.

import com.google.gson.Gson
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.Base64
import sensu.models.*

val gson = Gson()
val http: HttpClient = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
const val NAMESPACE = "/apis/core/v2/namespaces/default"
const val CHECKS = "$NAMESPACE/checks"
var authorization = "Basic " + Base64.getEncoder().encodeToString("admin:P@ssw0rd!".toByteArray())

fun send(method: String, path: String, body: Any? = null): HttpResponse<String> {
    val publisher = body?.let { HttpRequest.BodyPublishers.ofString(gson.toJson(it)) }
    val request = HttpRequest.newBuilder(URI(java.lang.System.getenv("SENSU_URL") + path))
        .method(method, publisher ?: HttpRequest.BodyPublishers.noBody())
        .header("Authorization", authorization)
        .header("Content-Type", if (method == "PATCH") "application/merge-patch+json" else "application/json")
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString())
}

inline fun <reified T> HttpResponse<String>.read(status: Int = 200): T {
    equal(status, statusCode())
    return gson.fromJson(body(), T::class.java)
}

fun equal(expected: Any?, actual: Any?) = check(expected == actual) { "$expected expected, got $actual" }

fun main() {
    authorization = "Bearer " + send("GET", "/auth").read<Tokens>().accessToken

    val atNight = SubdueInput(TimeWindowDays(all = listOf(TimeWindow("5:00PM", "8:00AM"))))
    for ((name, subdue) in listOf("kotlin-a" to atNight, "kotlin-b" to null)) {
        val check = CheckConfigCreate(ObjectMetaCreate(name), command = "check-cpu.sh", interval = 60,
            subdue = subdue, outputMetricFormat = MetricFormat.values().first())
        val created = send("POST", CHECKS, check).read<CheckConfig>()
        equal("", created.outputMetricFormat.value)
        equal(subdue?.days, created.subdue?.days)
    }
    val duplicate = CheckConfigCreate(ObjectMetaCreate("kotlin-a"), interval = 60)
    equal(3L, send("POST", CHECKS, duplicate).read<ErrorResponse>(409).code)

    val event = EventInput(EntityInput("proxy"),
        check = CheckInput(interval = 60, status = 1, output = "slow"))
    equal(1L, send("PUT", "$NAMESPACE/events/web-1/kotlin-a", event).read<Event>().check?.status)

    val first = send("GET", "$CHECKS?limit=1")
    val token = first.headers().firstValue("Sensu-Continue").get()
    val second = send("GET", "$CHECKS?limit=1&continue=$token")
    val names = listOf(first, second).flatMap { it.read<Array<CheckConfig>>().map { it.metadata.name } }
    equal(listOf("kotlin-a", "kotlin-b"), names)
    equal(false, second.headers().firstValue("Sensu-Continue").isPresent)

    equal(2L, send("GET", "$CHECKS/kotlin-missing").read<ErrorResponse>(404).code)
    // Gson omits null, so a patch cannot reset a field.
    equal(30L, send("PATCH", "$CHECKS/kotlin-a", CheckConfigPatch(interval = 30)).read<CheckConfig>().interval)
    for (name in listOf("kotlin-a", "kotlin-b")) {
        equal(204, send("DELETE", "$CHECKS/$name").statusCode())
    }
    equal("[]", send("GET", CHECKS).body())
    println("passed")
}
