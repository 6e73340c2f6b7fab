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

// What JSON says, null for what is none: a file half written, or another program where the bridge was.
function parsed(text) {
    try {
        return JSON.parse(text);
    } catch (e) {
        return null;
    }
}

function read(host, path) {
    return parsed(host.read(path));
}

// {url, token} of the bridge that announced itself last, null if none did.
function announced(host, announcement) {
    var found = read(host, announcement);
    return found && found.url && found.token ? found : null;
}

function problem(status, text) {
    var found = parsed(text);
    if (found && /^urn:obbligato:/.test(found.type))
        return {code: found.type.split(":").pop(), detail: found.detail, hint: found.hint || ""};
    return status === 0 ? absent() : strange("the bridge answered with " + status);
}

function absent() {
    return {code: "no-bridge", detail: "the bridge does not answer", hint: "Start it, then try again."};
}

function strange(detail) {
    return {code: "http", detail: detail, hint: "Update Obbligato and the plugin."};
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

// For an answer in JSON that has such a member, as the bridge's own answers have.
function askFor(member, host, bridge, method, path, body, done, failed) {
    return ask(host, bridge, method, path, body, function (text) {
        var found = parsed(text);
        if (found && found[member] !== undefined)
            done(found);
        else
            failed(strange("the answer of the bridge cannot be read"));
    }, failed);
}

// Is it there, and do we speak the same language? ready(engineLoaded)
function greet(host, bridge, ready, failed) {
    askFor("api", host, bridge, "GET", "/health", null, function (health) {
        if (health.api === API)
            ready(health.ready);
        else
            failed({
                code: "other-version",
                detail: "the bridge speaks version " + health.api + " of the API, this plugin " + API,
                hint: "Run `obbligato plugin install` again and restart this program."
            });
    }, function (wrong) { failed(wrong.code === "http" ? absent() : wrong); });
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
        askFor("state", host, bridge, "GET", path, null, function (state) {
            silent = 0;
            look(state);
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

    askFor("state", host, bridge, "POST", "/api/v1/jobs", JSON.stringify(request), function (state) {
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
