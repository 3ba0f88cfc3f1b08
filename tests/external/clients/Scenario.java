// The scenario of every client, run with the Java client of openapi-generator.

import java.net.http.HttpRequest;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AuthenticationApi;
import org.openapitools.client.api.ChecksApi;
import org.openapitools.client.model.CheckConfig;
import org.openapitools.client.model.CheckConfigCreate;
import org.openapitools.client.model.ObjectMetaCreate;
import org.openapitools.client.model.SubdueInput;
import org.openapitools.client.model.TimeWindow;
import org.openapitools.client.model.TimeWindowDays;

public final class Scenario {
    private static final String NAMESPACE = "default";

    private static ApiClient client(String url, String authorization) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv(url));
        client.setRequestInterceptor((HttpRequest.Builder request) -> request.header("Authorization", authorization));
        return client;
    }

    private static void that(boolean holds, Object what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    public static void main(String[] arguments) throws Exception {
        String basic = Base64.getEncoder().encodeToString("admin:P@ssw0rd!".getBytes());
        String token = new AuthenticationApi(client("SENSU_URL", "Basic " + basic)).authLogin().getAccessToken();
        ChecksApi checks = new ChecksApi(client("SENSU_URL", "Bearer " + token));
        // Bypasses the proxy, which adds a length to 204 responses; Java rejects that.
        ChecksApi direct = new ChecksApi(client("SENSU_DIRECT", "Bearer " + token));

        TimeWindow night = new TimeWindow().begin("5:00PM").end("8:00AM");
        TimeWindowDays days = new TimeWindowDays().all(List.of(night));
        for (String name : List.of("java-a", "java-b")) {
            CheckConfigCreate check = new CheckConfigCreate().command("check-cpu.sh").interval(60L);
            check.setMetadata(new ObjectMetaCreate().name(name));
            boolean isSubdued = name.equals("java-a");
            check.setSubdue(isSubdued ? new SubdueInput().days(days) : null);
            CheckConfig made = checks.checkCreate(NAMESPACE, check, null, null);
            that(made.getMetadata().getName().equals(name), made);
            that((made.getSubdue() != null) == isSubdued, made);
            that(!isSubdued || Objects.equals(made.getSubdue().getDays(), days), made);
        }

        var first = checks.checkListWithHttpInfo(NAMESPACE, 1L, null, null, null);
        String next = first.getHeaders().entrySet().stream()
            .filter(header -> header.getKey().equalsIgnoreCase("Sensu-Continue"))
            .map(header -> header.getValue().get(0)).findFirst().orElseThrow();
        var second = checks.checkListWithHttpInfo(NAMESPACE, 1L, next, null, null);
        that(first.getData().get(0).getMetadata().getName().equals("java-a"), first.getData());
        that(second.getData().get(0).getMetadata().getName().equals("java-b"), second.getData());

        try {
            checks.checkGet(NAMESPACE, "java-missing", null);
            throw new AssertionError("the missing check was returned");
        } catch (ApiException missing) {
            that(missing.getCode() == 404 && missing.getResponseBody().contains("\"code\":2"), missing);
        }

        for (String name : List.of("java-a", "java-b")) {
            direct.checkDelete(NAMESPACE, name, null, null);
        }
        that(checks.checkList(NAMESPACE, null, null, null, null).isEmpty(), "not all checks are deleted");
        System.out.println("passed");
    }
}
