vcl 4.1;
import std;
backend origin { .host = "127.0.0.1"; .port = "PORT"; }
sub vcl_recv {
  if (req.method == "PURGE") { return (synth(405)); }
  if (req.method != "GET" && req.method != "HEAD") { return (synth(405)); }
  set req.url = regsub(req.url, "\?.*$", "");
  unset req.http.cookie;
  unset req.http.authorization;
  return (hash);
}
sub vcl_hash {
  hash_data(req.url);
  return (lookup);
}
sub vcl_backend_response {
  if (bereq.is_bgfetch && beresp.status >= 500) { return (abandon); }
  if (beresp.http.cdn-cache-control ~ "max-age=") {
    set beresp.ttl = std.duration(regsub(beresp.http.cdn-cache-control, "^.*max-age=([0-9]+).*$", "\1") + "s", 120s);
    unset beresp.http.cdn-cache-control;
  }
  set beresp.do_gzip = false;
  set beresp.grace = 7d;
}
sub vcl_deliver {
  unset resp.http.cache-tag;
# more
}
