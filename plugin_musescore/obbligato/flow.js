// From a click to measures in the score: what the panel shows, and what happens next.
//
// `host` is that of bridge.js, and more:
//   host.client               the functions of bridge.js
//   host.changed()            the panel reads `flow` anew
//   host.score()              what the open score can do (below), null if none is open
//   host.launch(command)      starts the bridge; false if this program cannot
//   host.paths()              {announcement, command, typed}: where bridge.json is, and what starts the bridge
//   host.seed()               a random whole number
//
// host.score() gives functions over walker.js, paste.js and writer.js:
//   name()                    tells one score from another
//   passage(first, last)      {musicxml, names}: names[i] is the number of measure i in the document
//   count()                   number of measures
//   digest(place)             changes with the notes of those measures and staves, and with what the score is made of
//   isEmpty(place)            no notes in them
//   insert(place, text, replace)  {reason, remarks}: "" or what went wrong, and what could not be kept; one step of
//                             undo; text is in the format below
//   format(place)             which of these formats insert wants
//   undo(place)               takes the last insert back
// A place is {first, last, staves, parts, fresh, given}: measures, behind the last one for those to be appended;
// parts that are there and their staves, or new instruments; parts to listen to, if not all.

var CONTEXT = 16; // measures on each side that the bridge gets to see
var STARTING = 20000; // ms for the bridge to start
var LOOK = 300; // ms between two looks whether it has

var WORDS = {
    nothing: "Select the measures to write for: click a measure, then Shift-click another.",
    noScore: "Open a score first.",
    other: "The score was closed, or another one is shown now; nothing was written.",
    edited: "These measures were edited while Obbligato wrote; nothing was written. Press Write again.",
    beside: "This program cannot add a part to an open score: the score with the new part is open beside yours.",
    stranger: "The bridge that answers is not the one that this plugin knows of. End it and start yours, then press Write again.",
    noBridge: "The bridge, which writes the music, is not running."
};

function create(host) {
    return {
        host: host,
        stage: "idle", // idle, bridge, starting, asking, writing, sure, inserted
        message: "",
        command: "", // to copy, when the bridge has to be started by hand
        done: 0,
        total: 0,
        take: 0, // that stands in the score
        takes: 0,
        wish: null, // {task, place, options}
        job: null,
        bridge: null,
        asked: 0, // how often something was asked for or cancelled: an answer to what came before is not wanted any more
        digest: "", // of the place when it was asked for
        written: "", // and with the take in it
        remarks: [] // of each take
    };
}

function show(flow, stage, message) {
    flow.stage = stage;
    flow.message = message || "";
    flow.host.changed();
}

function fail(flow, problem) {
    flow.job = null;
    if (problem.code === "no-bridge")
        return show(flow, "bridge", WORDS.noBridge);
    if (problem.code === "no-token")
        return show(flow, "idle", WORDS.stranger);
    var text = problem.detail.charAt(0).toUpperCase() + problem.detail.slice(1);
    text += "." + (problem.hint ? " " + problem.hint : "");
    show(flow, problem.code === "bridge-gone" ? "bridge" : "idle", text);
}

// f, called only until something else is asked for, or cancelled.
function wanted(flow, f) {
    var asked = flow.asked;
    return function (argument) {
        if (flow.asked === asked)
            f(argument);
    };
}

function failing(flow) {
    return wanted(flow, function (problem) { fail(flow, problem); });
}

// The one button. `wish`: {task, place, options}; place.first and .last are the selection's.
function write(flow, wish) {
    var score = flow.host.score();
    if (!score)
        return show(flow, "idle", WORDS.noScore);
    if (!wish.place)
        return show(flow, "idle", WORDS.nothing);
    flow.wish = wish;
    flow.home = score.name();
    if (wish.task !== "fill" && !score.isEmpty(wish.place) && !wish.replace)
        return show(flow, "sure", "There are notes in these measures already. Replace them?");
    find(flow);
}

// After the question whether notes may be replaced.
function sure(flow, yes) {
    if (!yes)
        return show(flow, "idle", "");
    flow.wish.replace = true;
    find(flow);
}

function find(flow) {
    flow.asked += 1;
    flow.bridge = flow.host.client.announced(flow.host, flow.host.paths().announcement);
    if (!flow.bridge)
        return show(flow, "bridge", WORDS.noBridge);
    show(flow, "asking", "");
    flow.host.client.greet(flow.host, flow.bridge, wanted(flow, function () { order(flow); }), failing(flow));
}

// After the question whether the bridge may be started.
function startBridge(flow) {
    var command = flow.host.paths().command;
    if (!command || !flow.host.launch(command)) {
        flow.command = typed(flow);
        return show(flow, "bridge", "This program cannot start the bridge. Run this in a terminal, then press Write:");
    }
    show(flow, "starting", "");
    awaitBridge(flow, STARTING);
}

// The command as a person types it.
function typed(flow) {
    return flow.host.paths().typed || "obbligato serve";
}

function awaitBridge(flow, left) {
    var found = flow.host.client.announced(flow.host, flow.host.paths().announcement);
    function again() {
        if (left <= 0) {
            flow.command = typed(flow);
            show(flow, "bridge", "The bridge did not start. Run this in a terminal to see why:");
        } else
            flow.host.later(LOOK, wanted(flow, function () { awaitBridge(flow, left - LOOK); }));
    }
    if (!found)
        return again();
    flow.host.client.greet(flow.host, found, wanted(flow, function () {
        flow.bridge = found;
        if (flow.wish)
            order(flow);
        else
            show(flow, "idle", "The bridge runs.");
    }), wanted(flow, again));
}

// The request, and what comes of it.
function order(flow) {
    var score = flow.host.score(), wish = flow.wish;
    if (!score || score.name() !== flow.home)
        return fail(flow, {code: "other", detail: WORDS.other.slice(0, -1), hint: ""});
    flow.digest = score.digest(wish.place);
    var request = requestFor(score, wish, flow.host.seed());
    flow.done = flow.total = flow.take = flow.takes = 0;
    show(flow, "writing", "");
    flow.job = flow.host.client.job(flow.host, flow.bridge, request, {
        progress: function (done, total) {
            flow.done = done;
            flow.total = total;
            flow.host.changed();
        },
        done: function (takes) {
            flow.takes = takes.length;
            flow.remarks = takes.map(function (take) { return take.remarks || []; });
            fetch(flow, 1);
        },
        failed: failing(flow)
    });
}

function requestFor(score, wish, seed) {
    var place = wish.place, all = score.count(), appended = place.first >= all;
    var whole = score.format(place) === "score"; // it will be opened anew
    // Without a pickup: for it the bridge would first add what a short last measure lacks, which cannot be appended.
    var first = whole ? 0 : Math.max(appended && all > 1 ? 1 : 0, place.first - CONTEXT);
    var last = whole ? all - 1 : Math.min(all - 1, place.last + CONTEXT);
    var passage = score.passage(first, last), options = {}, name;
    for (name in wish.options)
        options[name] = wish.options[name];
    if (options.seed === undefined)
        options.seed = seed;
    if (place.parts.length)
        options.into = place.parts;
    if (place.fresh.length)
        options.add = place.fresh;
    if (place.parts.length && wish.task === "accompany")
        options.replace = true; // what stands there was asked about
    var wanted = {parts: place.given || []};
    if (appended)
        options.count = place.last - place.first + 1;
    else
        wanted.measures = passage.names[place.first - first] + "-" + passage.names[place.last - first];
    return {task: wish.task, musicxml: passage.musicxml, passage: wanted, options: options};
}

// A take into the score, in place of the one that stands there.
function fetch(flow, number) {
    var score = flow.host.score(), path = flow.job.path();
    if (!score || score.name() !== flow.home)
        return show(flow, "idle", WORDS.other);
    var format = score.format(flow.wish.place);
    flow.host.client.take(flow.host, flow.bridge, path, number, format, wanted(flow, function (text) {
        insert(flow, number, text);
    }), failing(flow));
}

function insert(flow, number, text) {
    var score = flow.host.score();
    if (flow.host.closed())
        return;
    if (!score || score.name() !== flow.home)
        return show(flow, "idle", WORDS.other);
    if (flow.take) {
        if (score.digest(flow.wish.place) !== flow.written)
            return show(flow, "idle", WORDS.edited);
        score.undo(flow.wish.place);
    }
    if (score.digest(flow.wish.place) !== flow.digest) {
        flow.take = 0;
        return show(flow, "idle", WORDS.edited);
    }
    var result = score.insert(flow.wish.place, text, flow.wish.replace === true || flow.wish.task === "fill");
    if (result.reason) {
        flow.take = 0;
        return show(flow, "idle", result.reason);
    }
    if (score.format(flow.wish.place) === "score")
        return show(flow, "idle", WORDS.beside);
    flow.take = number;
    flow.written = flow.host.score().digest(flow.wish.place);
    show(flow, "inserted", flow.remarks[number - 1].concat(result.remarks).join(" "));
}

// Audition: the next or previous take.
function other(flow, step) {
    var number = flow.take + step;
    if (flow.stage === "inserted" && number >= 1 && number <= flow.takes)
        fetch(flow, number);
}

function keep(flow) {
    drop(flow);
    flow.take = 0;
    show(flow, "idle", "");
}

// The same wish with another seed, in place of what stands there.
function again(flow) {
    if (flow.stage !== "inserted")
        return;
    var score = flow.host.score();
    if (!score || score.name() !== flow.home)
        return show(flow, "idle", WORDS.other);
    if (score.digest(flow.wish.place) !== flow.written)
        return show(flow, "idle", WORDS.edited);
    score.undo(flow.wish.place);
    flow.take = 0;
    find(flow);
}

function drop(flow) {
    flow.asked += 1;
    if (flow.job)
        flow.job.cancel();
    flow.job = null;
}

function cancel(flow) {
    drop(flow);
    show(flow, "idle", flow.stage === "writing" ? "Cancelled; nothing was written." : "");
}

// The panel is gone; nobody wants what is being written.
function close(flow) {
    drop(flow);
    flow.stage = "idle";
}
