// The whole way of 4.x: panel's flow, walker and writer over the recorded score, with a real bridge behind them.
"use strict";
const test = require("node:test");
const assert = require("node:assert");
const fs = require("node:fs");
const {load} = require("./load.js");
const {Model} = require("./model4.js");

const [Bridge, Flow, Score, Walker, Notation, MusicXml, Paste, Writer] =
    ["bridge", "flow", "score", "walker", "notation", "musicxml", "paste", "writer"].map((name) => load(`${name}.js`));
const ANNOUNCEMENT = process.env.ANNOUNCEMENT;

// A clarinet's tune with a pickup and a triplet, above a silent piano.
function song() {
    const note = (at, length, pitch, tuplet) => ({at, length, tuplet, notes: [{pitch, tpc1: TPC[pitch], tpc2: TPC[pitch] + 2}]});
    const TPC = {67: 15, 69: 17, 71: 19, 72: 14, 74: 16, 76: 18};
    const tune = [note([0, 1], [1, 4], 67)], tunes = [[72, 74, 76, 72], [74, 71, 67, 71], [72, 76, 74, 72], [71, 69, 71, 67]];
    const measures = [{length: [1, 4], metre: [4, 4]}];
    for (let m = 0; m < 8; m++) {
        measures.push({length: [1, 1], metre: [4, 4]});
        const beat = (k) => [1 + 4 * m + k, 4];
        tunes[m % 4].forEach((pitch, k) => {
            if (k || m !== 2) return tune.push(note(beat(k), [1, 4], pitch));
            const tuplet = {at: beat(0), length: [1, 4], ratio: [3, 2]};
            [72, 74, 76].forEach((p, i) => tune.push(note([12 * m + 3 + i, 12], [1, 8], p, tuplet)));
        });
    }
    return new Model({
        parts: [
            {id: "bb-clarinet", longName: "Clarinet", staves: 1, transposition: {diatonic: -1, chromatic: -2}},
            {id: "piano", longName: "Piano", musicXmlId: "keyboard.piano", staves: 2},
        ],
        measures, voices: {0: tune}, harmonies: [{at: [1, 4], track: 0, text: "C"}],
    });
}

function panel(model) {
    const api = {...model.api, mscoreVersion: [4, 6, 5]};
    const passage = (api, first, last) => MusicXml.text(Notation.settled(Walker.passage(api, first, last)));
    const tools = {walker: {...Walker, passage}, paste: Paste, writer: Writer, parsed: Bridge.parsed};
    let settled;
    const host = {
        client: Bridge,
        read: (path) => fs.readFileSync(path, "utf8"),
        send(method, url, headers, body, done) {
            fetch(url, {method, headers, body: body ?? undefined}).then(async (answer) => done(answer.status, await answer.text(), (n) => answer.headers.get(n)))
                .catch(() => done(0, "", () => ""));
            return {abort() {}};
        },
        later: (ms, f) => setTimeout(f, ms),
        changed() { if (["inserted", "idle", "bridge", "sure"].includes(flow.stage)) settled(); },
        score: () => Score.open(api, tools, {}),
        launch: () => false,
        paths: () => ({announcement: ANNOUNCEMENT}),
        seed: () => 5,
        closed: () => false,
    };
    const flow = Flow.create(host);
    const until = (act) => new Promise((resolve) => { settled = resolve; act(); });
    return {flow, until, write: (wish) => until(() => Flow.write(flow, wish))};
}

// [staff, tick] of all chords.
function chords(model) {
    return Object.entries(model.dump().voices).flatMap(([track, line]) =>
        line.filter((e) => e.notes.length).map((e) => [Math.floor(track / 4), e.tick]));
}

const place = (more) => ({first: 1, last: 4, staves: [1, 2], parts: ["2"], fresh: [], chordStaff: 0, ...more});
const FIRST = 480, END = 480 + 4 * 1920; // of the measures 1 to 4

for (const [name, task, where, options, staves, from, to] of [
    ["into a silent piano", "accompany", place(), {takes: 2}, [1, 2], FIRST, END],
    ["for a new clarinet", "accompany", place({staves: [], parts: [], fresh: ["clarinet"]}), {}, [3], FIRST, END],
    ["for a new choir", "harmonize", place({staves: [], parts: [], fresh: ["alto", "tenor", "bass"], given: ["1"]}), {}, [3, 4, 5], FIRST, END],
    ["with chord symbols", "accompany", place(), {chords: "suggest"}, [1, 2], FIRST, END],
    ["behind the end", "continue", place({first: 9, last: 10, staves: [0, 1, 2], parts: []}), {}, [0, 1, 2], 480 + 8 * 1920, 480 + 10 * 1920],
]) {
    test(`${task} ${name}, and one undo`, {skip: !ANNOUNCEMENT}, async () => {
        const model = song(), before = model.dump(), {flow, write, until} = panel(model);
        const old = chords(model).map(String);
        await write({task, place: where, options: {takes: 1, ...options}});
        assert.deepEqual([flow.stage, flow.message], ["inserted", ""]);
        const fresh = chords(model).filter((c) => !old.includes(String(c)));
        assert.ok(fresh.length >= 2, "notes are there");
        assert.deepEqual(fresh.filter(([staff, tick]) => !staves.includes(staff) || tick < from || tick >= to), []);
        assert.deepEqual(old.filter((c) => !chords(model).map(String).includes(c)), []);
        const symbols = model.dump().harmonies.map((h) => h.text);
        assert.ok(options.chords ? symbols.length > 1 : symbols.length === 1, `chord symbols: ${symbols}`);
        if (flow.takes > 1) {
            const first = model.dump();
            await until(() => Flow.other(flow, 1));
            assert.equal(flow.take, 2);
            assert.notDeepEqual(model.dump(), first);
        }
        assert.equal(model.steps.length, 1);
        model.command("undo");
        assert.deepEqual(model.dump(), before);
        assert.equal(model.crashed, null);
    });
}

test("the next take where undo goes by the name of 4.7", {skip: !ANNOUNCEMENT}, async () => {
    const model = song(), before = model.dump(), asked = [];
    model.api.cmd = (name) => { asked.push(name); if (name === "action://notation/undo") model.command("undo"); };
    const {flow, write, until} = panel(model);
    await write({task: "accompany", place: place(), options: {takes: 2}});
    await until(() => Flow.other(flow, 1));
    assert.deepEqual([flow.stage, flow.take, asked], ["inserted", 2, ["undo", "action://notation/undo"]]);
    model.command("undo");
    assert.deepEqual(model.dump(), before);
});

test("each part of a write list goes to its own staves, whichever are selected", () => {
    const model = song(), measure = {index: 0, number: "1", duration: [1, 1]};
    const piano = {index: 1, name: "Piano", staves: 2}, list = {measures: [measure], parts: [piano], events: [], chords: []};
    const event = {measure: 0, part: 1, staff: 1, voice: 1, onset: [0, 1], duration: [1, 1], value: [1, 1], visible: true, tuplet: null};
    list.events.push({...event, notes: [{pitch: 60, tpc1: 14, tpc2: 14, staff: 1, tie: false, tie_back: false}]});
    const score = Score.open(model.api, {walker: Walker, paste: Paste, writer: Writer, parsed: Bridge.parsed}, {}), before = chords(model).map(String);
    const result = score.insert(place({last: 1, staves: [0, 1, 2], parts: ["1", "2"]}), JSON.stringify(list), true);
    assert.equal(result.reason, "");
    assert.deepEqual(chords(model).filter((c) => !before.includes(String(c))), [[1, FIRST]]);
});

test("a write list that is none is refused", () => {
    const score = Score.open(song().api, {walker: Walker, paste: Paste, writer: Writer, parsed: Bridge.parsed}, {});
    for (const text of ["<html>", "null", "{}"])
        assert.match(score.insert(place(), text, true).reason, /no measures that could be read/);
});

test("fill keeps the other measures", {skip: !ANNOUNCEMENT}, async () => {
    const model = song(), before = model.dump(), {flow, write} = panel(model);
    await write({task: "fill", place: place({first: 2, last: 3, staves: [0], parts: ["1"]}), options: {takes: 1}});
    assert.deepEqual([flow.stage, flow.message], ["inserted", ""]);
    const outside = (dump) => dump.voices[0].filter((e) => e.tick < 2400 || e.tick >= 6240).map((e) => [e.tick, e.notes.map((n) => [n.pitch, n.tpc2])]);
    assert.deepEqual(outside(model.dump()), outside(before));
    assert.notDeepEqual(model.dump().voices[0], before.voices[0]);
    model.command("undo");
    assert.deepEqual(model.dump(), before);
});
