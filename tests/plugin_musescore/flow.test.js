// From a click to measures, with a bridge and a score that do what each test says.
"use strict";
const test = require("node:test");
const assert = require("node:assert");
const {load} = require("./load.js");

const bridge = load("bridge.js");
const flows = load("flow.js");

const PLACE = {first: 20, last: 23, staves: [1, 2], parts: ["Piano"], fresh: []};
const WISH = {task: "accompany", place: PLACE, options: {takes: 2}};

// A bridge of one job. `answers` may replace an answer: "METHOD /path" -> [status, body].
class Bridge {
    constructor(answers = {}) {
        this.asked = [];
        this.answers = answers;
        this.states = [
            {id: "j", state: "running", measures_done: 1, measures_total: 8, takes: []},
            {id: "j", state: "done", measures_done: 8, measures_total: 8, takes: [{number: 1}, {number: 2}]},
        ];
    }
    answer(method, path, body) {
        this.asked.push({method, path, body});
        const key = `${method} ${path}`;
        if (key in this.answers) return this.answers[key];
        if (path === "/health") return [200, {api: 1, ready: true}];
        if (method === "POST") return [202, {id: "j", state: "queued", measures_done: 0, measures_total: 8, takes: []}];
        if (method === "DELETE") return [204, ""];
        if (path.includes("/takes/")) return [200, `take ${path.split("/takes/")[1]}`];
        return [200, this.states.length > 1 ? this.states.shift() : this.states[0]];
    }
}

// A score whose notes are one text.
class Score {
    constructor() {
        this.notes = "";
        this.undone = [];
        this.title = "song";
    }
    name() { return this.title; }
    count() { return 40; }
    passage(first, last) {
        const names = [];
        for (let i = first; i <= last; i++) names.push(String(i + 1));
        return {musicxml: `<passage ${first} ${last}/>`, names};
    }
    digest() { return this.notes; }
    isEmpty() { return this.notes === ""; }
    format() { return "measures"; }
    insert(place, text) {
        this.undone.push(this.notes);
        this.notes = text;
        return {reason: "", remarks: this.remarks || []};
    }
    undo() { this.notes = this.undone.pop(); }
}

function setUp(answers) {
    const world = {bridge: new Bridge(answers), score: new Score(), timers: [], file: '{"url": "http://b", "token": "t"}', launched: []};
    const host = {
        client: bridge,
        read: () => world.file,
        send(method, url, headers, body, done) {
            assert.equal(headers.Authorization, "Bearer t");
            const [status, found] = world.bridge.answer(method, url.replace("http://b", ""), body);
            done(status, typeof found === "string" ? found : JSON.stringify(found), () => "");
            return {abort() {}};
        },
        later(ms, f) { world.timers.push(f); },
        changed() { world.seen = (world.seen || []).concat(world.flow.stage); },
        score: () => world.score,
        launch(command) { world.launched.push(command); return world.launches !== false; },
        paths: () => ({announcement: "/bridge.json", command: ["obbligato", "serve"]}),
        seed: () => 5,
        closed: () => world.closed === true,
    };
    world.flow = flows.create(host);
    world.run = () => { while (world.timers.length) world.timers.shift()(); };
    return world;
}

test("a click, and the measures stand in the score", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    assert.equal(world.flow.stage, "writing");
    world.run();
    assert.equal(world.flow.stage, "inserted");
    assert.equal(world.score.notes, "take 1?format=measures");
    assert.deepEqual([world.flow.take, world.flow.takes, world.flow.done, world.flow.total], [1, 2, 1, 8]);
});

test("the request holds the passage with sixteen measures on each side, and the wish", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    const body = JSON.parse(world.bridge.asked.find((a) => a.method === "POST").body);
    assert.deepEqual(body, {
        task: "accompany",
        musicxml: "<passage 4 39/>",
        passage: {measures: "21-24", parts: []},
        options: {takes: 2, seed: 5, into: ["Piano"], replace: true},
    });
});

test("the other take stands in place of the first, and can be taken back", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    world.run();
    flows.other(world.flow, 1);
    assert.equal(world.score.notes, "take 2?format=measures");
    assert.equal(world.score.undone.length, 1);
    flows.other(world.flow, 1);
    assert.equal(world.flow.take, 2);
    flows.other(world.flow, -1);
    assert.equal(world.score.notes, "take 1?format=measures");
});

test("again takes the measures back and asks with a new seed", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    world.run();
    world.bridge.states = new Bridge().states;
    flows.again(world.flow);
    assert.equal(world.score.notes, "");
    world.run();
    assert.equal(world.flow.stage, "inserted");
    assert.equal(world.score.undone.length, 1);
});

test("notes are replaced only after a yes", () => {
    const world = setUp();
    world.score.notes = "old";
    flows.write(world.flow, {...WISH});
    assert.equal(world.flow.stage, "sure");
    flows.sure(world.flow, false);
    assert.deepEqual([world.flow.stage, world.score.notes, world.bridge.asked.length], ["idle", "old", 0]);
    flows.write(world.flow, {...WISH});
    flows.sure(world.flow, true);
    world.run();
    assert.equal(world.score.notes, "take 1?format=measures");
});

test("nothing selected, no score", () => {
    const world = setUp();
    flows.write(world.flow, {...WISH, place: null});
    assert.match(world.flow.message, /Select the measures/);
    world.score = null;
    flows.write(world.flow, WISH);
    assert.match(world.flow.message, /Open a score/);
    assert.equal(world.bridge.asked.length, 0);
});

test("no bridge: it is started after a yes, and the wish goes on", () => {
    const world = setUp();
    const file = world.file;
    world.file = "";
    flows.write(world.flow, WISH);
    assert.equal(world.flow.stage, "bridge");
    flows.startBridge(world.flow);
    assert.deepEqual(world.launched, [["obbligato", "serve"]]);
    assert.equal(world.flow.stage, "starting");
    world.timers.shift()();
    world.file = file;
    world.run();
    assert.equal(world.flow.stage, "inserted");
});

test("a bridge that cannot be started is told by the command to type", () => {
    const world = setUp({"GET /health": [0, ""]});
    world.launches = false;
    flows.write(world.flow, WISH);
    assert.equal(world.flow.stage, "bridge");
    flows.startBridge(world.flow);
    assert.equal(world.flow.command, "obbligato serve");
    world.launches = true;
    flows.startBridge(world.flow);
    world.run();
    assert.deepEqual([world.flow.stage, world.flow.command], ["bridge", "obbligato serve"]);
});

const PROBLEM = (code, status) => [status, {type: `urn:obbligato:${code}`, title: "", status, detail: "there is no measure 99", hint: "Take another."}];

for (const [name, answers, stage, message] of [
    ["the token is not right any more", {"GET /api/v1/jobs/j": PROBLEM("no-token", 401)}, "idle", /not the one that this plugin knows/],
    ["another version", {"GET /health": [200, {api: 2}]}, "idle", /plugin install/],
    ["a request that is refused", {"POST /api/v1/jobs": PROBLEM("bad-request", 422)}, "idle", /^There is no measure 99\. Take another\.$/],
    ["a full queue", {"POST /api/v1/jobs": PROBLEM("queue-full", 503)}, "idle", /Take another/],
    ["a bridge that is killed while it writes", {"GET /api/v1/jobs/j": [0, ""]}, "bridge", /ended while it wrote/],
    ["a job that fails", {"GET /api/v1/jobs/j": [200, {id: "j", state: "failed", problem: PROBLEM("bad-input", 400)[1]}]}, "idle", /no measure 99/],
    ["an answer that is none", {"POST /api/v1/jobs": [500, "<html>"]}, "idle", /answered with 500/],
    ["a take that is gone", {"GET /api/v1/jobs/j/takes/1?format=measures": PROBLEM("not-found", 404)}, "idle", /no measure 99/],
]) {
    test(`${name}: a sentence, and the score as it was`, () => {
        const world = setUp(answers);
        flows.write(world.flow, WISH);
        world.run();
        assert.equal(world.flow.stage, stage);
        assert.match(world.flow.message, message);
        assert.deepEqual([world.score.notes, world.score.undone], ["", []]);
    });
}

for (const [name, answer] of [
    ["an address that it has not", [404, {detail: "Not Found"}]],
    ["an error of its own", [500, {type: 7, detail: [{loc: "path"}]}]],
    ["a page", [200, "<html>"]],
    ["JSON", [200, {status: "ok"}]],
    ["nothing", [200, ""]],
]) {
    test(`another program at the bridge's old address that answers with ${name} is no bridge`, () => {
        const world = setUp({"GET /health": answer});
        flows.write(world.flow, WISH);
        assert.deepEqual([world.flow.stage, world.flow.message], ["bridge", flows.WORDS.noBridge]);
        flows.startBridge(world.flow);
        world.run();
        assert.deepEqual([world.flow.stage, world.flow.command], ["bridge", "obbligato serve"]);
    });
}

for (const request of ["POST /api/v1/jobs", "GET /api/v1/jobs/j"]) {
    for (const answer of ["<html>", "null", {}]) {
        test(`${request} that is answered with ${JSON.stringify(answer)} ends in a sentence`, () => {
            const world = setUp({[request]: [200, answer]});
            flows.write(world.flow, WISH);
            world.run();
            assert.equal(world.flow.stage, "idle");
            assert.match(world.flow.message, /cannot be read/);
        });
    }
}

test("a few lost answers are no lost bridge", () => {
    const world = setUp();
    let lost = 2;
    const answer = world.bridge.answer.bind(world.bridge);
    world.bridge.answer = (method, path, body) => (path === "/api/v1/jobs/j" && lost-- > 0 ? [0, ""] : answer(method, path, body));
    flows.write(world.flow, WISH);
    world.run();
    assert.equal(world.flow.stage, "inserted");
});

test("cancelling ends the job, and nothing comes after it", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    flows.cancel(world.flow);
    world.run();
    assert.equal(world.bridge.asked.at(-1).method, "DELETE");
    assert.deepEqual([world.flow.stage, world.score.notes], ["idle", ""]);
    assert.match(world.flow.message, /Cancelled/);
});

// Answers for such an address come when the test lets them.
function slowly(world, address = /health$/) {
    const send = world.flow.host.send, late = [];
    world.flow.host.send = (...request) => (address.test(request[1]) ? late.push(() => send(...request)) : send(...request));
    return late;
}

test("cancelled while the bridge is asked whether it is there, nothing is begun", () => {
    const world = setUp(), late = slowly(world);
    flows.write(world.flow, WISH);
    assert.equal(world.flow.stage, "asking");
    flows.cancel(world.flow);
    late.shift()();
    world.run();
    assert.deepEqual([world.flow.stage, world.score.notes, world.bridge.asked.length], ["idle", "", 1]);
});

test("cancelled and asked for again, one job is begun", () => {
    const world = setUp(), late = slowly(world);
    flows.write(world.flow, WISH);
    flows.cancel(world.flow);
    flows.write(world.flow, WISH);
    late.forEach((answer) => answer());
    world.run();
    assert.deepEqual([world.flow.stage, world.score.undone.length], ["inserted", 1]);
    assert.equal(world.bridge.asked.filter((a) => a.method === "POST").length, 1);
});

test("a bridge that fails to answer after cancelling says nothing", () => {
    const world = setUp({"GET /health": [0, ""]}), late = slowly(world);
    flows.write(world.flow, WISH);
    flows.cancel(world.flow);
    late.shift()();
    assert.equal(world.flow.stage, "idle");
});

test("cancelled while the take is fetched, it is not inserted", () => {
    const world = setUp(), late = slowly(world, /takes/);
    flows.write(world.flow, WISH);
    world.run();
    flows.cancel(world.flow);
    late.shift()();
    assert.deepEqual([world.flow.stage, world.score.notes], ["idle", ""]);
});

test("cancelled while the bridge starts, nothing is begun", () => {
    const world = setUp(), file = world.file, late = slowly(world);
    world.file = "";
    flows.write(world.flow, WISH);
    flows.startBridge(world.flow);
    world.file = file;
    world.timers.shift()();
    flows.cancel(world.flow);
    late.shift()();
    world.run();
    assert.deepEqual([world.flow.stage, world.score.notes, world.bridge.asked.length], ["idle", "", 1]);
});

test("a score that was edited while Obbligato wrote is left alone", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    world.score.notes = "typed meanwhile";
    world.run();
    assert.equal(world.score.notes, "typed meanwhile");
    assert.match(world.flow.message, /edited/);
});

test("so is one that was edited after a take was inserted", () => {
    for (const act of [(flow) => flows.other(flow, 1), flows.again]) {
        const world = setUp();
        flows.write(world.flow, WISH);
        world.run();
        world.score.notes += " and more";
        act(world.flow);
        world.run();
        assert.equal(world.score.notes, "take 1?format=measures and more");
        assert.match(world.flow.message, /edited/);
    }
});

test("another score, or none, gets nothing", () => {
    for (const change of [(world) => { world.score = null; }, (world) => { world.score = new Score(); world.score.title = "other"; }]) {
        const world = setUp();
        flows.write(world.flow, WISH);
        change(world);
        world.run();
        assert.match(world.flow.message, /another one is shown/);
        if (world.score) assert.equal(world.score.notes, "");
    }
});

test("nothing is written after the panel was closed", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    world.closed = true;
    world.run();
    assert.equal(world.score.notes, "");
});

test("what the score refuses is told", () => {
    const world = setUp();
    world.score.insert = () => ({reason: "It did not fit.", remarks: []});
    flows.write(world.flow, WISH);
    world.run();
    assert.deepEqual([world.flow.stage, world.flow.message, world.flow.take], ["idle", "It did not fit.", 0]);
});

test("what could not be kept is told, of this take", () => {
    const world = setUp();
    world.bridge.states.at(-1).takes[1].remarks = ["The tenor goes low."];
    world.score.remarks = ["Left out: ties (measure 3)."];
    flows.write(world.flow, WISH);
    world.run();
    assert.equal(world.flow.message, "Left out: ties (measure 3).");
    flows.other(world.flow, 1);
    assert.equal(world.flow.message, "The tenor goes low. Left out: ties (measure 3).");
});

test("a panel that is closed cancels its job", () => {
    const world = setUp();
    flows.write(world.flow, WISH);
    world.closed = true;
    flows.close(world.flow);
    world.run();
    assert.equal(world.bridge.asked.at(-1).method, "DELETE");
    assert.equal(world.score.notes, "");
});

test("measures to be appended are asked for by their number, and nothing is asked first", () => {
    const place = {first: 40, last: 43, staves: [0], parts: [], fresh: []}, world = setUp();
    world.score.isEmpty = () => true;
    flows.write(world.flow, {task: "continue", place, options: {}});
    const {musicxml, ...rest} = JSON.parse(world.bridge.asked.find((a) => a.method === "POST").body);
    assert.equal(musicxml, "<passage 24 39/>");
    assert.deepEqual(rest, {task: "continue", passage: {parts: []}, options: {seed: 5, count: 4}});
    world.score.count = () => 5;
    const short = flows.requestFor(world.score, {task: "continue", place: {...place, first: 5, last: 5}, options: {}}, 5);
    assert.equal(short.musicxml, "<passage 1 4/>"); // a pickup would be completed first
});

for (const [task, place, expected] of [
    ["fill", PLACE, {passage: {measures: "21-24", parts: []}, options: {seed: 5, into: ["Piano"]}}],
    ["harmonize", {...PLACE, staves: [], parts: [], fresh: ["alto"], given: ["1"]}, {passage: {measures: "21-24", parts: ["1"]}, options: {seed: 5, add: ["alto"]}}],
    ["accompany", {...PLACE, staves: [], parts: [], fresh: ["guitar"]}, {passage: {measures: "21-24", parts: []}, options: {seed: 5, add: ["guitar"]}}],
]) {
    test(`the request of ${task} for ${place.fresh.length ? "a new part" : "what is there"}`, () => {
        const request = flows.requestFor(new Score(), {task, place, options: {}}, 5);
        const {musicxml, ...rest} = JSON.parse(JSON.stringify(request));
        assert.equal(musicxml, "<passage 4 39/>");
        assert.deepEqual(rest, {task, ...expected});
    });
}

test("where no part can be added the whole score is asked for, and opened beside", () => {
    const world = setUp();
    world.score.format = () => "score";
    const opened = [];
    world.score.insert = (place, text) => { opened.push(text); return {reason: "", remarks: []}; };
    flows.write(world.flow, {...WISH, place: {...PLACE, staves: [], parts: [], fresh: ["piano"]}});
    world.run();
    assert.match(JSON.parse(world.bridge.asked.find((a) => a.method === "POST").body).musicxml, /passage 0 39/);
    assert.deepEqual(opened, ["take 1?format=score"]);
    assert.equal(world.flow.stage, "idle");
    assert.match(world.flow.message, /beside/);
});
