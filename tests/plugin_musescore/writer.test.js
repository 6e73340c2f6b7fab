// The writer over a recorded score: what is listed stands there afterwards, and nothing else has changed.
"use strict";
const test = require("node:test");
const assert = require("node:assert");
const fs = require("node:fs");
const {load} = require("./load.js");
const {Model, Element} = require("./model4.js");

const writer = load("writer.js");
const PASSAGES = process.env.PASSAGES ? JSON.parse(fs.readFileSync(process.env.PASSAGES, "utf8")) : {random: [], real: []};
const plain = (value) => JSON.parse(JSON.stringify(value));

// --- lists, and scores from lists ---------------------------------------------------------------------------------

const add = ([a, b], [c, d]) => [a * d + c * b, b * d];
const ticks = ([n, d]) => Math.floor((n * 1920 + Math.floor(d / 2)) / d);
const number = ([n, d]) => n / d;

function starts(measures) {
    let at = [0, 1];
    return Object.fromEntries(measures.map((m) => {
        const start = at;
        at = add(at, m.duration);
        return [m.index, start];
    }));
}

// The open score that a list was made of. `content`: what stands there: nothing, or the notes of another measure of
// that length a semitone higher, so that voices and tuplets lie across those of the list.
function scoreOf(whole, content) {
    const at = starts(whole.measures), voices = {};
    const first = Object.fromEntries(whole.parts.map((p, i) => [p.index, whole.parts.slice(0, i).reduce((n, p) => n + p.staves, 0)]));
    const source = Object.fromEntries(whole.measures.map((m, i) => {
        const others = [...whole.measures.slice(i + 1), ...whole.measures.slice(0, i + 1)];
        return [others.find((o) => number(o.duration) === number(m.duration)).index, m.index];
    }));
    for (const e of content === "notes" ? whole.events : []) {
        if (!(e.measure in source)) continue;
        const start = at[source[e.measure]];
        (voices[(first[e.part] + e.staff - 1) * 4 + e.voice - 1] ||= []).push({
            at: add(start, e.onset), length: e.value || e.duration, visible: e.visible,
            tuplet: e.tuplet && {ratio: [e.tuplet.actual, e.tuplet.normal], length: e.tuplet.duration, index: e.tuplet.index},
            notes: e.notes.map((n) => ({pitch: n.pitch + 1, tpc1: n.tpc1 + 7, tpc2: n.tpc2 + 7, tie: n.tie, tieBack: n.tie_back})),
        });
    }
    for (const [track, line] of Object.entries(voices)) {
        line.sort((a, b) => number(a.at) - number(b.at));
        let begin = null;
        for (const e of line) {
            if (!e.tuplet) continue;
            if (e.tuplet.index === 0) begin = e.at;
            e.tuplet = {...e.tuplet, at: begin};
        }
        if (track % 4 === 0) fill(line, whole.measures, at);
    }
    return {
        parts: whole.parts.map((p) => ({id: "given", longName: p.name || "Given", staves: p.staves, transposition: p.transposition})),
        measures: whole.measures.map((m) => ({length: m.duration, metre: m.metre || m.duration, fifths: m.fifths})),
        voices, first,
    };
}

// A first voice has something in every measure.
function fill(line, measures, at) {
    for (const m of measures) {
        const from = number(at[m.index]), to = from + number(m.duration);
        if (!line.some((e) => number(e.at) >= from && number(e.at) < to)) line.push({at: at[m.index], length: m.duration});
    }
    line.sort((a, b) => number(a.at) - number(b.at));
}

function targetOf(list, whole, first, more) {
    return {
        first: whole.measures.findIndex((m) => m.index === list.measures[0].index),
        staves: Object.fromEntries(list.parts.map((p) => [p.index, [...Array(p.staves).keys()].map((i) => first[p.index] + i)])),
        newParts: [], replace: true, name: "Obbligato: test", ...more,
    };
}

// --- what must stand there -----------------------------------------------------------------------------------------

// Both sides tell the heads of a passage, [track, tick, end, pitch, tpc1, tpc2, tied on, tied back], and its chords.

// From the list, without the writer. `base`: {index of a measure: its tick}.
function wanted(list, base, staves) {
    const heads = [], chords = {};
    for (const e of list.events) {
        const track = staves[e.part][e.staff - 1] * 4 + e.voice - 1, tick = base[e.measure] + ticks(e.onset);
        if (!e.notes.length) continue;
        const end = base[e.measure] + ticks(add(e.onset, e.duration));
        for (const n of e.notes) heads.push({track, tick, end, pitch: n.pitch, tpc1: n.tpc1, tpc2: n.tpc2, on: n.tie, back: n.tie_back});
        chords[`${track}/${tick}`] = {
            measure: list.measures.find((m) => m.index === e.measure).number,
            actual: number(e.duration), value: number(e.value),
            tuplet: e.tuplet && [e.tuplet.actual / e.tuplet.normal, number(e.tuplet.duration), e.tuplet.index],
            notes: e.notes.map((n) => [n.pitch, n.tpc1, n.tpc2]).sort(byText),
        };
    }
    return {heads, chords};
}

const byText = (a, b) => (String(a) < String(b) ? -1 : 1);

// The same from the score, for some staves from one tick to another.
function standing(dump, list, staves, spans) {
    const heads = [], chords = {};
    for (const [track, line] of Object.entries(dump.voices)) {
        if (!staves.includes(Math.floor(track / 4))) continue;
        let group = null, index = 0;
        for (const e of line) {
            const key = e.tuplet ? `${e.tuplet.at}` : null, span = spans.findIndex(([from, to]) => from <= e.tick && e.tick < to);
            index = key && key === group ? index + 1 : 0;
            group = key;
            if (span < 0 || !e.notes.length) continue;
            const end = ticks(add(e.at, e.actual));
            for (const n of e.notes) heads.push({track: Number(track), tick: e.tick, end, pitch: n.pitch, tpc1: n.tpc1, tpc2: n.tpc2, on: n.tie, back: n.tieBack});
            chords[`${track}/${e.tick}`] = {
                measure: list.measures[span].number, actual: number(e.actual), value: number(e.length),
                tuplet: e.tuplet && [number(e.tuplet.ratio), number(e.tuplet.length), index],
                notes: e.notes.map((n) => [n.pitch, n.tpc1, n.tpc2]).sort(byText),
            };
        }
    }
    return {heads, chords};
}

// What one hears: heads that are tied to each other are one sound.
function sounds(heads) {
    const found = [], open = new Map();
    let ties = 0;
    for (const h of [...heads].sort((a, b) => a.tick - b.tick || a.pitch - b.pitch)) {
        const key = `${h.track} ${h.pitch} ${h.tpc1} ${h.tpc2}`, before = open.get(`${key} ${h.tick}`);
        const sound = h.back && before ? before : {key, tick: h.tick, end: 0};
        if (sound === before) ties++;
        else found.push(sound);
        sound.end = h.end;
        if (h.on) open.set(`${key} ${h.end}`, sound);
    }
    return {ties, texts: found.map((s) => `${s.key}: ${s.tick}-${s.end}`).sort(), starts: found.map((s) => `${s.key}: ${s.tick}`), cover: cover(found)};
}

// When each key sounds, however it is cut.
function cover(found) {
    const joined = [];
    for (const s of [...found].sort((a, b) => byText(a.key, b.key) || 0).sort((a, b) => (a.key === b.key ? a.tick - b.tick : 0))) {
        const last = joined.at(-1);
        if (last && last.key === s.key && last.end === s.tick) last.end = s.end;
        else joined.push({...s});
    }
    return joined;
}

const without = (chords, measures) => Object.fromEntries(Object.entries(chords).filter(([, c]) => !measures.includes(c.measure)));

function measuresOf(remarks, start) {
    return remarks.filter((r) => r.startsWith(start)).flatMap((r) => /\(measures? (.*)\)/.exec(r)[1].split(", "));
}

// What a score holds outside the target, ties left aside: one into the target ends with the note that it led to.
function outside(dump, staves, spans, count) {
    return Object.entries(dump.voices).filter(([track]) => track < 4 * count).map(([track, line]) => [track, line.filter((e) =>
        !staves.includes(Math.floor(track / 4)) || !spans.some(([from, to]) => from <= e.tick && e.tick < to)
    ).map(({at, length, visible, gap, tuplet, notes}) => ({at, length, visible, gap, tuplet, notes: notes.map((n) => [n.pitch, n.tpc1, n.tpc2])}))])
        .filter(([, line]) => line.length);
}

const isNested = (list) => list.events.some((e) => e.tuplet && e.tuplet.nested);

// Writes one passage and holds the score against the list; what there was of ties.
function written({list, whole}, content, fresh) {
    const description = scoreOf(whole, content);
    const model = new Model(description), before = model.dump();
    assert.strictEqual(model.corrupt(), "", "the score of the test");
    const target = targetOf(list, whole, description.first, {replace: content === "notes"});
    const staves = {...target.staves}, count = whole.parts.reduce((n, p) => n + p.staves, 0);
    if (fresh) {
        const part = list.parts.at(-1);
        delete target.staves[part.index];
        target.newParts = [{part: part.index, instrumentId: part.staves === 2 ? "piano" : "violin"}];
        staves[part.index] = [...Array(part.staves).keys()].map((i) => count + i);
    }
    const result = plain(writer.write(model.api, list, target));
    assert.strictEqual(model.open, null);
    assert.strictEqual(model.crashed, null);
    if (!result.ok) {
        assert.deepStrictEqual(model.dump(), before);
        return result;
    }
    assert.strictEqual(model.corrupt(), "");
    const at = starts(whole.measures), base = Object.fromEntries(list.measures.map((m) => [m.index, ticks(at[m.index])]));
    const after = model.dump(), spans = list.measures.map((m) => [base[m.index], base[m.index] + ticks(m.duration)]);
    const all = Object.values(staves).flat(), want = wanted(list, base, staves), have = standing(after, list, all, spans);
    const regrouped = measuresOf(result.remarks, "Grouped"), cut = result.remarks.filter((r) => r.startsWith("Left out: ties"));
    assert.deepStrictEqual(without(have.chords, regrouped), without(want.chords, regrouped));
    const asked = sounds(want.heads), heard = sounds(have.heads);
    assert.deepStrictEqual(heard.cover, asked.cover);
    assert.deepStrictEqual(asked.starts.filter((s) => !heard.starts.includes(s)), [], "ties that nobody asked for");
    const left = heard.starts.length - asked.starts.length;
    assert.ok(!left || cut.length, "ties left out in silence");
    if (!cut.length) assert.deepStrictEqual(heard.texts, asked.texts);
    assert.deepStrictEqual(outside(after, all, spans, count), outside(before, all, spans, count));
    if (want.heads.length || content === "notes") {
        assert.ok(model.steps.length <= 1);
        if (model.steps.length) model.command("undo");
        assert.deepStrictEqual(model.dump(), before);
    }
    return {...result, chords: Object.keys(want.chords).length, regrouped: regrouped.length, ties: asked.ties, left};
}

function tally(results) {
    const sum = (key) => results.reduce((n, r) => n + (r[key] || 0), 0), kinds = {};
    for (const r of results) for (const remark of r.remarks || []) kinds[remark.replace(/ \(.*/, "")] = (kinds[remark.replace(/ \(.*/, "")] || 0) + 1;
    return {passages: results.length, chords: sum("chords"), ties: sum("ties"), left: sum("left"), regrouped: sum("regrouped"), remarks: kinds};
}

for (const kind of ["random", "real"]) {
    const all = PASSAGES[kind], passages = all.filter((p) => !isNested(p.list));

    test(`${kind} passages`, {skip: !all.length}, (t) => {
        if (kind === "random") assert.ok(passages.length >= 120);
        for (const content of ["nothing", "notes"]) {
            const results = passages.map((p, i) => {
                const nested = isNested(p.whole), what = nested ? "nothing" : content;
                const fresh = i % 4 === 0 && content === "nothing" && p.list.parts.at(-1).staves < 3;
                const result = written(p, what, fresh);
                assert.ok(result.ok, `${i}: ${result.reason}`);
                return result;
            });
            t.diagnostic(`over ${content}: ${JSON.stringify(tally(results))}`);
        }
    });
}

// --- what goes wrong -----------------------------------------------------------------------------------------------

// The same numbers each time.
function chances(seed) {
    return () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
}

test("an exception at any call leaves no open command and the score as it was", {skip: !PASSAGES.random.length}, (t) => {
    const chance = chances(1);
    let inside = 0;
    for (const [i, {list, whole}] of PASSAGES.random.slice(0, 100).entries()) {
        const description = scoreOf(whole, i % 2 ? "notes" : "nothing");
        const target = targetOf(list, whole, description.first);
        const trial = new Model(description);
        assert.ok(writer.write(trial.api, list, target).ok);
        for (let n = 0; n < 3; n++) {
            const model = new Model(description), before = model.dump();
            model.failAt = 1 + Math.floor(chance() * trial.calls);
            const result = writer.write(model.api, list, target);
            assert.strictEqual(result.ok, false);
            assert.match(result.reason, /failed/);
            assert.strictEqual(model.open, null);
            assert.strictEqual(model.crashed, null);
            assert.strictEqual(model.steps.length, 0);
            assert.deepStrictEqual(model.dump(), before);
            inside += model.epoch; // a command was rolled back
        }
    }
    assert.ok(inside > 200);
    t.diagnostic(`300 exceptions, ${inside} of them inside the command`);
});

// One staff in common time unless `more` says otherwise; `events`: [measure, onset, duration, pitches, {voice, ...}].
function listOf(events, more = {}) {
    const count = more.count || 1 + Math.max(...events.map((e) => e[0]));
    return {
        parts: [{index: 0, name: "Piano", staves: 1, transposition: {diatonic: 0, chromatic: 0}, ...more.part}],
        measures: [...Array(count).keys()].map((i) => ({index: i, number: String(i + 1), duration: [1, 1], metre: [4, 4], fifths: more.fifths || 0})),
        events: events.map(([measure, onset, duration, pitches, extra = {}]) => ({
            part: 0, staff: 1, voice: 1, measure, onset, duration, value: duration, visible: true, tuplet: null,
            notes: pitches.map((p) => ({pitch: Math.abs(p), tpc1: 14, tpc2: 14, staff: extra.staff || 1, tie: p < 0, tie_back: (extra.back || []).includes(Math.abs(p)), accidental: ""})),
            ...Object.fromEntries(Object.entries(extra).filter(([name]) => name !== "back")),
        })),
        chords: more.chords || [],
    };
}

function emptyScore(count, more = {}) {
    return new Model({
        parts: [{id: "flute", longName: "Flute", staves: 1}], measures: Array(count).fill({length: [1, 1], metre: [4, 4], ...more}), voices: more.voices,
    });
}

function targetFor(list, more) {
    return {first: list.measures[0].index, staves: {0: [0]}, newParts: [], replace: false, name: "test", ...more};
}

const WHOLE = listOf([[0, [0, 1], [1, 1], [60]]]);
const line = (model, track = 0) => (model.dump().voices[track] || []).map((e) => [String(e.length), e.notes.map((n) => `${n.pitch}${n.tie ? "~" : ""}`).join(" ")]);
const write = (model, list, more) => plain(writer.write(model.api, list, targetFor(list, more)));

function unchanged(model, list, more, reason) {
    const before = model.dump(), result = write(model, list, more);
    assert.strictEqual(result.ok, false);
    assert.match(result.reason, reason);
    assert.deepStrictEqual(model.dump(), before);
    assert.strictEqual(model.open, null);
    assert.strictEqual(model.crashed, null);
}

test("what does not fit is refused before anything is written", () => {
    unchanged(emptyScore(1), listOf([[0, [0, 1], [1, 1], [60]], [1, [0, 1], [1, 1], [60]]]), {}, /Measure 2 is not as long/);
    unchanged(emptyScore(2, {length: [3, 4]}), WHOLE, {}, /Measure 1 is not as long/);
    unchanged(emptyScore(1), WHOLE, {staves: {}}, /has not the staves/);
    unchanged(emptyScore(1), WHOLE, {staves: {0: [0, 1]}}, /has not the staves/);
    const notes = {0: [{at: [0, 1], length: [1, 1], notes: [{pitch: 60, tpc1: 14, tpc2: 14}]}]};
    unchanged(emptyScore(1, {voices: notes}), WHOLE, {}, /notes in these measures already/);
    const second = {0: [{at: [0, 1], length: [1, 1]}], 1: notes[0]};
    unchanged(emptyScore(1, {voices: second}), WHOLE, {}, /notes in these measures already/);
    assert.deepStrictEqual(write(emptyScore(1, {voices: second}), WHOLE, {replace: true}), {ok: true, remarks: []});
});

test("voices that the list leaves out are cleared, with the notes that were to be replaced", () => {
    const one = {at: [0, 1], length: [1, 1], notes: [{pitch: 50, tpc1: 14, tpc2: 14}]};
    const model = emptyScore(1, {voices: {0: [one], 1: [one], 3: [one]}});
    write(model, WHOLE, {replace: true});
    assert.deepStrictEqual(line(model), [["1,1", "60"]]);
    assert.deepStrictEqual([line(model, 1), line(model, 3)], [[], []]);
});

test("what came out otherwise is taken back", () => {
    const model = emptyScore(1), cursor = model.api.curScore().raw;
    const fresh = cursor.newCursor.bind(cursor);
    cursor.newCursor = () => {
        const given = fresh(), add = given.raw.addNote.bind(given.raw);
        given.raw.addNote = (pitch, more) => add(pitch + 1, more);
        return given;
    };
    unchanged(model, WHOLE, {}, /Measure 1 did not come out as it was meant/);
});

test("why it cannot write", () => {
    assert.strictEqual(writer.canWrite(emptyScore(1).api), "");
    assert.match(writer.canWrite({curScore: () => null}), /No score/);
    const {api} = emptyScore(1);
    for (const missing of ["fraction", "removeElement"])
        assert.match(writer.canWrite({...["fraction", "removeElement", "curScore"].reduce((o, n) => ({...o, [n]: api[n]}), {}), [missing]: undefined}), /cannot write/);
    for (const missing of ["addTuplet", "addRest", "rewindToTick"]) {
        const score = {startCmd() {}, endCmd() {}, newCursor: () => ({addTuplet() {}, addRest() {}, rewindToTick() {}, [missing]: undefined})};
        assert.match(writer.canWrite({fraction() {}, removeElement() {}, curScore: () => score}), /cannot write/);
    }
});

// --- ties -------------------------------------------------------------------------------------------------------------

function tied(events, more) {
    const list = listOf(events, more), model = emptyScore(list.measures.length);
    const result = write(model, list);
    assert.ok(result.ok, result.reason);
    assert.strictEqual(model.corrupt(), "");
    return {model, line: line(model), remarks: result.remarks};
}

test("ties inside a measure, over its end, of some notes only", () => {
    assert.deepStrictEqual(tied([[0, [0, 1], [1, 2], [-60]], [0, [1, 2], [1, 8], [60], {back: [60]}], [0, [5, 8], [3, 8], []]]).line.slice(0, 2),
        [["1,2", "60~"], ["1,8", "60"]]);
    // The program alone would make a half of the two.
    assert.deepStrictEqual(tied([[0, [0, 1], [1, 4], [-60]], [0, [1, 4], [1, 4], [60], {back: [60]}], [0, [1, 2], [1, 2], [62]]]).line,
        [["1,4", "60~"], ["1,4", "60"], ["1,2", "62"]]);
    assert.deepStrictEqual(tied([[0, [0, 1], [1, 1], [-60]], [1, [0, 1], [1, 4], [60], {back: [60]}], [1, [1, 4], [3, 4], [62]]]).line,
        [["1,1", "60~"], ["1,4", "60"], ["3,4", "62"]]);
    const some = tied([[0, [0, 1], [1, 2], [-60, 64, -67]], [0, [1, 2], [1, 2], [60, 64, 67, 71], {back: [60, 67]}]]);
    assert.deepStrictEqual(some, {...some, line: [["1,2", "60~ 64 67~"], ["1,2", "60 64 67 71"]], remarks: []});
    const chain = tied([[0, [0, 1], [1, 2], [-60, -64]], [0, [1, 2], [1, 4], [60, -64], {back: [60, 64]}], [0, [3, 4], [1, 4], [62, 64], {back: [64]}]]);
    assert.deepStrictEqual(chain.line, [["1,2", "60~ 64~"], ["1,4", "60 64~"], ["1,4", "62 64"]]);
});

test("values that the program would not cut there are grouped in its way, if all their notes are tied", () => {
    const events = (extra) => [[0, [0, 1], [1, 8], []], [0, [1, 8], [1, 4], [-60, ...extra]], [0, [3, 8], [1, 8], [60, ...extra], {back: [60]}], [0, [1, 2], [1, 2], [62]]];
    const whole = tied(events([]));
    assert.deepStrictEqual(whole.line, [["1,8", ""], ["3,8", "60"], ["1,2", "62"]]);
    assert.deepStrictEqual(whole.remarks, ["Grouped in another way: notes that are tied (measure 1)."]);
    const some = tied(events([64]));
    assert.deepStrictEqual(some.line, [["1,8", ""], ["1,4", "60 64"], ["1,8", "60 64"], ["1,2", "62"]]);
    assert.deepStrictEqual(some.remarks, ["Left out: ties that this program cannot write (measure 1)."]);
});

const triplet = (index, extra = {}) => ({...extra, value: [1, 8], tuplet: {actual: 3, normal: 2, duration: [1, 4], index, last: index === 2, nested: false}});
const TRIPLET = (onset, from, extra = {}) => [0, 1, 2].map((i) => [onset[0], [onset[1] * 3 + i, 12], [1, 12], from[i], triplet(i, extra[i])]);

test("ties in, out of and into tuplets", () => {
    const within = tied([...TRIPLET([0, 0], [[-60], [60], [62]], {1: {back: [60]}}), [0, [1, 4], [3, 4], []]]);
    assert.deepStrictEqual(within.line.slice(0, 3), [["1,8", "60~"], ["1,8", "60"], ["1,8", "62"]]);
    const out = tied([...TRIPLET([0, 0], [[60], [61], [-62]]), [0, [1, 4], [1, 4], [62], {back: [62]}], [0, [1, 2], [1, 2], [64]]]);
    assert.deepStrictEqual(out.line, [["1,8", "60"], ["1,8", "61"], ["1,8", "62~"], ["1,4", "62"], ["1,2", "64"]]);
    const onward = tied([...TRIPLET([0, 0], [[60], [61], [-62]]), ...TRIPLET([0, 1], [[62], [], [63]], {0: {back: [62]}}), [0, [1, 2], [1, 2], []]]);
    assert.deepStrictEqual(onward.line.slice(2, 6), [["1,8", "62~"], ["1,8", "62"], ["1,8", ""], ["1,8", "63"]]);
    const over = tied([[0, [0, 1], [1, 1], [-60]], ...TRIPLET([1, 0], [[60], [61], [62]], {0: {back: [60]}}), [1, [1, 4], [3, 4], []]]);
    assert.deepStrictEqual(over.line.slice(0, 3), [["1,1", "60"], ["1,8", "60"], ["1,8", "61"]]);
    assert.deepStrictEqual(over.remarks, ["Left out: ties that this program cannot write (measure 1)."]);
    const into = tied([[0, [0, 1], [1, 4], [-60]], ...TRIPLET([0, 1], [[60], [61], [62]], {0: {back: [60]}}), [0, [1, 2], [1, 2], []]]);
    assert.deepStrictEqual(into.remarks, ["Left out: ties into a tuplet (measure 1)."]);
});

test("where values cannot be made longer, ties over a bar line are still written", (t) => {
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(emptyScore(1).wrapElement(0, {id: 0}).raw), "duration");
    const prototype = Object.getPrototypeOf(emptyScore(1).wrapElement(0, {id: 0}).raw);
    Object.defineProperty(prototype, "duration", {...setter, set() { throw new TypeError("read-only"); }});
    writer.TypeError = TypeError; // that of the program, for the module
    t.after(() => {
        Object.defineProperty(prototype, "duration", setter);
        delete writer.TypeError;
    });
    const over = tied([[0, [0, 1], [3, 4], []], [0, [3, 4], [1, 4], [-60]], [1, [0, 1], [1, 4], [60], {back: [60]}], [1, [1, 4], [3, 4], [62]]]);
    assert.deepStrictEqual(over.line.slice(-3), [["1,4", "60~"], ["1,4", "60"], ["3,4", "62"]]);
    const within = tied([[0, [0, 1], [1, 2], [-60]], [0, [1, 2], [1, 8], [60], {back: [60]}], [0, [5, 8], [3, 8], []]]);
    assert.deepStrictEqual(within.line.slice(0, 2), [["1,2", "60"], ["1,8", "60"]]);
    assert.deepStrictEqual(within.remarks, ["Left out: ties that this program cannot write (measure 1)."]);
});

test("a tie from before the passage and a note of another staff are told", () => {
    assert.deepStrictEqual(tied([[0, [0, 1], [1, 1], [60], {back: [60]}]]).remarks,
        ["Left out: ties from or to another voice or a measure that was not written (measure 1)."]);
    const list = listOf([[0, [0, 1], [1, 1], [60]]]);
    list.events[0].notes[0].staff = 2;
    assert.deepStrictEqual(write(emptyScore(1), list).remarks, ["Written on the staff of their voice: notes of another staff (measure 1)."]);
});

test("a tuplet in a tuplet is refused", () => {
    const events = TRIPLET([0, 0], [[60], [61], [62]]);
    events[1][4].tuplet.nested = true;
    unchanged(emptyScore(1), listOf([...events, [0, [1, 4], [3, 4], []]]), {}, /Measure 1 has a tuplet in a tuplet/);
});

test("rests of a second voice may be hidden", () => {
    const {model} = tied([[0, [0, 1], [1, 1], [72]], [0, [0, 1], [1, 2], [], {voice: 2, visible: false}], [0, [1, 2], [1, 2], [60], {voice: 2}]]);
    assert.deepStrictEqual(model.dump().voices[1].map((e) => e.visible), [false, true]);
});

// --- parts and chord symbols ---------------------------------------------------------------------------------------------

test("a new part comes with the key signatures, in the same step of undo", () => {
    const list = listOf([[0, [0, 1], [1, 1], [60]], [0, [0, 1], [1, 1], [48], {staff: 2}]], {part: {staves: 2}});
    const model = new Model({
        parts: [{id: "flute", longName: "Flute", staves: 1}],
        measures: [{length: [1, 1], fifths: -3}, {length: [1, 1], fifths: -3}, {length: [1, 1], fifths: 2}],
    });
    const before = model.dump();
    assert.deepStrictEqual(write(model, list, {staves: {}, newParts: [{part: 0, instrumentId: "piano"}]}), {ok: true, remarks: []});
    assert.deepStrictEqual(model.dump().keys, Array(3).fill([[0, -3], [3840, 2]]));
    assert.deepStrictEqual([line(model, 4)[0], line(model, 8)[0]], [["1,1", "60"], ["1,1", "48"]]);
    assert.strictEqual(model.steps.length, 1);
    model.api.cmd("undo");
    assert.deepStrictEqual(model.dump(), before);
    assert.strictEqual(write(model, list, {staves: {}, newParts: [{part: 0, instrumentId: "piano"}]}).ok, true);
});

test("a transposing part is written in its own key", () => {
    const list = listOf([[0, [0, 1], [1, 1], [60]]], {part: {transposition: {diatonic: -1, chromatic: -2}}});
    const model = new Model({parts: [{id: "flute", staves: 1}], measures: [{length: [1, 1], fifths: -3}]});
    write(model, list, {staves: {}, newParts: [{part: 0, instrumentId: "bb-clarinet"}]});
    assert.deepStrictEqual(model.state.keys[1].map((k) => [k.fifths, k.actual]), [[-3, -1]]);
});

test("an instrument that the program does not know is refused, and its part taken back", () => {
    const two = listOf([[0, [0, 1], [1, 1], [60]]]);
    two.parts[0].staves = 2;
    for (const [list, instrumentId] of [[WHOLE, "keyboard.piano"], [two, "violin"]])
        unchanged(emptyScore(1), list, {staves: {}, newParts: [{part: 0, instrumentId}]}, /no instrument/);
});

test("measures are appended first, and go with the same step of undo", () => {
    const model = emptyScore(2), before = model.dump();
    const list = listOf([[2, [0, 1], [1, 1], [60]], [3, [0, 1], [1, 1], [62]]]);
    assert.deepStrictEqual(write(model, list, {append: 2}), {ok: true, remarks: []});
    assert.deepStrictEqual(line(model), [["1,1", ""], ["1,1", ""], ["1,1", "60"], ["1,1", "62"]]);
    assert.strictEqual(model.steps.length, 1);
    model.command("undo");
    assert.deepStrictEqual(model.dump(), before);
    unchanged(model, list, {append: 1}, /Measure 4 is not as long/);
});

test("a staff that the program adds beyond those asked for stays silent", () => {
    const model = emptyScore(1);
    assert.deepStrictEqual(write(model, WHOLE, {staves: {}, newParts: [{part: 0, instrumentId: "piano"}]}), {ok: true, remarks: []});
    assert.deepStrictEqual([line(model, 4), line(model, 8)], [[["1,1", "60"]], [["1,1", ""]]]);
});

test("no chord symbol is doubled", () => {
    const list = listOf([[0, [0, 1], [1, 2], [60]], [0, [1, 2], [1, 2], [62]]],
        {chords: [{measure: 0, onset: [0, 1], text: "C"}, {measure: 0, onset: [1, 2], text: "F"}]});
    const model = new Model({
        parts: [{id: "flute", longName: "Flute", staves: 1}], measures: [{length: [1, 1], metre: [4, 4]}],
        harmonies: [{at: [0, 1], track: 0, text: "C6"}],
    });
    write(model, list, {chordStaff: 0});
    assert.deepStrictEqual(model.dump().harmonies.map((h) => h.text), ["C6", "F"]);
});

test("chord symbols come over the staff that is named, or not at all", () => {
    const list = listOf([[0, [0, 1], [1, 2], [60]], [0, [1, 2], [1, 2], [62]]],
        {chords: [{measure: 0, onset: [1, 2], text: "Bbmaj7"}, {measure: 0, onset: [1, 8], text: "C"}]});
    const without = emptyScore(1), model = emptyScore(1);
    assert.deepStrictEqual(write(without, list).remarks, []);
    assert.deepStrictEqual(without.dump().harmonies, []);
    assert.deepStrictEqual(write(model, list, {chordStaff: 0}), {ok: true, remarks: ["Left out: chord symbols where no note begins (measure 1)."]});
    assert.deepStrictEqual(model.dump().harmonies, [{at: [1, 2], track: 0, text: "Bbmaj7"}]);
    assert.strictEqual(model.crashed, null);
});

// --- the recorded program --------------------------------------------------------------------------------------------------

function edited(act, model = emptyScore(2)) {
    const score = model.api.curScore(), cursor = score.newCursor();
    score.startCmd("test");
    cursor.rewindToTick(0);
    act(cursor, model.api, score);
    score.endCmd();
    return model;
}

test("the recorded program: values, splits and ties", () => {
    assert.deepStrictEqual(line(edited((c) => { c.setDuration(5, 8); c.addNote(60); }))[0], ["1,2", "60"]);
    const longer = edited((c, api) => { c.setDuration(1, 4); c.addNote(60); c.rewindToTick(0); c.element.duration = api.fraction(5, 8); });
    assert.deepStrictEqual(line(longer).slice(0, 2), [["1,2", "60~"], ["1,8", "60"]]);
    const over = edited((c) => { c.setDuration(1, 2); c.addRest(); c.setDuration(1, 4); c.addRest(); c.setDuration(1, 2); c.addNote(60); c.addNote(64, true); });
    assert.deepStrictEqual(line(over).slice(-3, -1), [["1,4", "60~ 64~"], ["1,4", "60 64"]]);
    const refused = edited((c, api) => { c.setDuration(3, 4); c.addRest(); c.addTuplet(api.fraction(3, 2), api.fraction(1, 2)); });
    assert.deepStrictEqual(refused.log, ["no such tuplet"]);
    edited((c, api) => { c.addTuplet(api.fraction(3, 2), api.fraction(1, 4)); assert.strictEqual(c.tick, 0); });
});

test("the recorded program: positions", () => {
    const two = new Model({parts: [{id: "a", staves: 2}], measures: Array(3).fill({length: [3, 4]})});
    edited((c, api) => {
        c.setDuration(1, 4);
        for (let i = 0; i < 6; i++) c.addNote(60);
        c.track = 4;
        c.rewindToTick(480);
        assert.strictEqual(c.tick, 1440); // forward: the second staff has nothing there
        c.rewindToFraction(api.fraction(1, 4));
        assert.strictEqual(c.tick, 480);
        c.addNote(48);
    }, two);
    assert.deepStrictEqual(line(two, 4).map(([l, n]) => [l, n]).slice(0, 3), [["1,4", ""], ["1,4", "48"], ["1,4", ""]]);
});

test("the recorded program: undo, selection, and what ends it", () => {
    const model = emptyScore(1), score = model.api.curScore(), cursor = score.newCursor();
    score.startCmd();
    cursor.rewind(0);
    cursor.addNote(60);
    model.api.cmd("undo"); // locked
    assert.deepStrictEqual(line(model)[0], ["1,4", "60"]);
    score.selection.selectRange(0, 1e9, 0, 1);
    assert.strictEqual(score.selection.startSegment, null);
    score.endCmd();
    assert.strictEqual(score.selection.startSegment.tick, 0);
    assert.strictEqual(score.selection.endSegment, null);
    assert.strictEqual(score.selection.elements.length, 0);
    cursor.rewindToTick(0);
    const kept = cursor.element;
    assert.strictEqual(kept.notes[0].pitch, 60);
    model.api.cmd("undo");
    assert.throws(() => kept.notes, /kept element/);
    assert.throws(() => model.api.newElement(Element.TIE), /TIE|Tie/);
    assert.throws(() => { model.api.newElement(Element.HARMONY).text = "C"; }, /text before add/);
    assert.strictEqual(model.api.writeScore(), false);
    assert.strictEqual(model.api.readScore(), null);
    assert.strictEqual(score.path, undefined);
});
