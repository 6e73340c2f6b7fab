// The bridge as the plugin sees it: where it is, and jobs that are begun, followed, fetched and cancelled.
//
// `host` is what differs between QML and a test:
//   host.read(path)                        text of a file, "" if there is none
//   host.send(method, url, headers, body, done)   done(status, text, header); status 0: nobody answered.
//                                          Returns {abort: function}.
//   host.later(ms, f)                      calls f once
// Callbacks named `failed` get {code, detail, hint}.

var POLL = 150;      // ms between two questions for a job
var PATIENCE = 4;    // questions without an answer before the bridge is taken for gone
var API = 1;

function read(host, path) {
    var text = host.read(path);
    try {
        return text ? JSON.parse(text) : null;
    } catch (e) {
        return null;
    }
}

// {url, token} of the bridge that announced itself last, null if none did.
function announced(host, announcement) {
    var found = read(host, announcement);
    return found && found.url && found.token ? found : null;
}

function problem(status, text) {
    var found = null;
    try {
        found = JSON.parse(text);
    } catch (e) {
        // no problem of ours
    }
    if (found && found.detail !== undefined)
        return {code: found.type.split(":").pop(), detail: found.detail, hint: found.hint || ""};
    if (status === 0)
        return {code: "no-bridge", detail: "the bridge does not answer", hint: "Start it, then try again."};
    return {code: "http", detail: "the bridge answered with " + status, hint: "Update Obbligato and the plugin."};
}

function ask(host, bridge, method, path, body, done, failed) {
    var headers = {"Authorization": "Bearer " + bridge.token};
    if (body !== null)
        headers["Content-Type"] = "application/json";
    return host.send(method, bridge.url + path, headers, body, function (status, text, header) {
        if (status >= 200 && status < 300)
            done(text, header);
        else
            failed(problem(status, text));
    });
}

// Is it there, and do we speak the same language? ready(engineLoaded)
function greet(host, bridge, ready, failed) {
    ask(host, bridge, "GET", "/health", null, function (text) {
        var health = JSON.parse(text);
        if (health.api === API)
            ready(health.ready);
        else
            failed({
                code: "other-version",
                detail: "the bridge speaks version " + health.api + " of the API, this plugin " + API,
                hint: "Run `obbligato plugin install` again and restart this program."
            });
    }, failed);
}

// One job from its request to its end. events: progress(done, total), done(takes), failed(problem).
// Returns {cancel: function}; after it, nothing is called any more.
function job(host, bridge, request, events) {
    var over = false, path = "", silent = 0;

    function end(f, argument) {
        if (over)
            return;
        over = true;
        f(argument);
    }

    function follow() {
        if (over)
            return;
        ask(host, bridge, "GET", path, null, function (text) {
            silent = 0;
            look(JSON.parse(text));
        }, function (wrong) {
            silent += 1;
            if (wrong.code === "no-bridge" && silent < PATIENCE)
                host.later(POLL, follow);
            else
                lost(wrong);
        });
    }

    function look(state) {
        if (over)
            return;
        if (state.state === "done")
            end(events.done, state.takes);
        else if (state.state === "failed")
            end(events.failed, problem(500, JSON.stringify(state.problem)));
        else if (state.state === "cancelled")
            end(events.failed, {code: "cancelled", detail: "the job was cancelled", hint: ""});
        else {
            events.progress(state.measures_done, state.measures_total);
            host.later(POLL, follow);
        }
    }

    ask(host, bridge, "POST", "/api/v1/jobs", JSON.stringify(request), function (text) {
        var state = JSON.parse(text);
        path = "/api/v1/jobs/" + state.id;
        if (over)
            drop(); // cancelled before the bridge had answered
        else
            look(state);
    }, lost);

    function lost(wrong) {
        end(events.failed, wrong.code === "no-bridge" ? gone() : wrong);
    }

    function drop() {
        ask(host, bridge, "DELETE", path, null, nothing, nothing);
    }

    return {
        path: function () { return path; },
        cancel: function () {
            if (!over && path)
                drop();
            over = true;
        }
    };
}

function gone() {
    return {
        code: "bridge-gone",
        detail: "the bridge ended while it wrote; nothing was changed",
        hint: "Start it again."
    };
}

function nothing() {
}

// A take in a format: "measures" or "score" (MusicXML text), "events" (JSON text).
function take(host, bridge, path, number, format, done, failed) {
    ask(host, bridge, "GET", path + "/takes/" + number + "?format=" + format, null, done, failed);
}
