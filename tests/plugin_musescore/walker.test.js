// The walker against a small model of the 4.x API: no tuplets or ties hidden, endSegment null at the end of the score.
"use strict";
const assert = require("node:assert");
const test = require("node:test");
const {load} = require("./load.js");

const Walker = load("walker.js");
const Notation = load("notation.js");
const MusicXml = load("musicxml.js");
const Saved = load("saved.js");

const part = (n, d) => ({numerator: n, denominator: d, ticks: Math.round(1920 * n / d), str: n + "/" + d});
const note = (pitch, tpc1, more) => Object.assign({name: "Note", pitch, tpc1, tpc2: tpc1, tpc: tpc1, tieForward: null, tieBack: null}, more);
const chord = (n, d, notes, more) => Object.assign({name: "Chord", duration: part(n, d), notes, tuplet: null, staffMove: 0}, more);
const rest = (n, d, more) => Object.assign({name: "Rest", duration: part(n, d), tuplet: null}, more);
const plain = (value) => JSON.parse(JSON.stringify(value)); // of this realm, for deepStrictEqual

// measures: [{actual, nominal, irregular, segments: [[tick in measure, {track: element}, [annotations]]]}]
function score(parts, measures, more) {
    const ntracks = parts[parts.length - 1].endTrack;
    let tick = 0, before = null;
    const made = measures.map((m) => {
        const own = {irregular: m.irregular || false, timesigActual: part(...m.actual), timesigNominal: part(...(m.nominal || m.actual))};
        own.tick = tick;
        const segments = m.segments.map(([at, elements, annotations]) => {
            const segment = {name: "Segment", tick: tick + at, annotations: annotations || [], nextInMeasure: null, parent: own};
            segment.elementAt = (track) => elements[track] || null;
            for (const track of Object.keys(elements)) {
                elements[track].parent = segment;
                elements[track].track = Number(track);
                for (const n of elements[track].notes || [])
                    Object.assign(n, {parent: elements[track], track: Number(track)});
            }
            return segment;
        });
        segments.forEach((s, i) => { s.nextInMeasure = segments[i + 1] || null; });
        own.firstSegment = segments[0];
        own.nextMeasure = null;
        if (before)
            before.nextMeasure = own;
        before = own;
        tick += own.timesigActual.ticks;
        return own;
    });
    return Object.assign({
        parts, ntracks, nstaves: ntracks / 4, firstMeasure: made[0], lastSegment: {tick}, made,
        selection: {isRange: false, elements: []},
        newCursor: () => {
            let at = 0;
            return {track: 0, rewind() { at = 0; }, nextMeasure() { at++; }, get keySignature() { return (more.keys || {})[this.track / 4] || 0; }};
        }
    }, more);
}

const VIOLIN = {longName: "Violin", partName: "Violin", musicXmlId: "strings.violin", instrumentId: "violin", midiProgram: 40, startTrack: 0, endTrack: 4, hasDrumStaff: false};
const CLARINET = {longName: "B♭ Clarinet", musicXmlId: "wind.reed.clarinet.bflat", midiProgram: 71, startTrack: 4, endTrack: 8, hasDrumStaff: false};

function small(more) {
    const tuplet = {actualNotes: 3, normalNotes: 2, duration: part(1, 4), tuplet: null};
    const tied = {}; // some tie
    return score([VIOLIN, CLARINET], [
        {actual: [1, 4], nominal: [3, 4], irregular: true, segments: [[0, {0: chord(1, 4, [note(67, 15)]), 4: rest(1, 4)}]]},
        {actual: [3, 4], segments: [
            [0, {0: chord(1, 8, [note(72, 14)], {tuplet}), 4: chord(3, 4, [note(70, 12, {tpc2: 14, tpc: 14})])},
                [{name: "Harmony", text: "Bbmaj7/D", track: 0}, {name: "Dynamic", text: "", track: 4, subtypeName: () => "mf"}]],
            [160, {0: chord(1, 8, [note(74, 16)], {tuplet})}],
            [320, {0: rest(1, 8, {tuplet})}],
            [480, {0: chord(1, 2, [note(66, 20, {tieForward: tied}), note(70, 12)]), 1: rest(1, 4, {gap: true})}],
            [960, {1: chord(1, 4, [note(59, 19)])}],
            [1440, {0: {name: "BarLine", barlineType: {valueOf: () => 8}}}]]},
        {actual: [3, 4], segments: [[0, {0: chord(3, 4, [note(66, 20, {tieBack: tied})]), 4: rest(3, 4)}]]}
    ], Object.assign({keys: {0: -2, 1: 0}}, more));
}

function api(own) {
    return {curScore: () => own};
}

function written(own, first, last) {
    return MusicXml.text(Notation.settled(Walker.passage(api(own), first, last)));
}

test("measures are numbered as printed", () => {
    assert.deepStrictEqual(plain(Walker.measures(api(small()))), [
        {index: 0, tick: 0, ticks: 480, number: "0", implicit: true},
        {index: 1, tick: 480, ticks: 1440, number: "1", implicit: false},
        {index: 2, tick: 1920, ticks: 1440, number: "2", implicit: false}
    ]);
});

test("a short first measure is a pickup where the API is silent", () => {
    const own = small();
    own.made.forEach((m) => { delete m.irregular; });
    assert.deepStrictEqual(plain(Walker.measures(api(own)).map((m) => m.number)), ["0", "1", "2"]);
});

test("an uncounted measure in the middle has a name of its own", () => {
    const own = small();
    own.made[1].irregular = true;
    assert.deepStrictEqual(plain(Walker.measures(api(own)).map((m) => m.number)), ["0", "X1", "1"]);
});

test("a range to the end of the score", () => {
    const own = small();
    own.selection = {isRange: true, startSegment: own.made[1].firstSegment, endSegment: null, startStaff: 0, endStaff: 2, elements: []};
    assert.deepStrictEqual(plain(Walker.selected(api(own))), {
        firstMeasure: 1, lastMeasure: 2, firstStaff: 0, lastStaff: 1, startTick: 480, endTick: 3360, numbers: ["1", "2"]
    });
});

test("a range that ends where a measure begins does not touch it", () => {
    const own = small();
    own.selection = {isRange: true, startSegment: own.made[0].firstSegment, endSegment: own.made[1].firstSegment, startStaff: 1, endStaff: 2, elements: []};
    const found = Walker.selected(api(own));
    assert.deepStrictEqual([found.firstMeasure, found.lastMeasure, found.firstStaff, found.lastStaff], [0, 0, 1, 1]);
});

test("a single note stands for its measure", () => {
    const own = small();
    own.selection.elements = [own.made[1].firstSegment.elementAt(4).notes[0]];
    assert.deepStrictEqual(plain(Walker.selected(api(own))), {
        firstMeasure: 1, lastMeasure: 1, firstStaff: 1, lastStaff: 1, startTick: 480, endTick: 1920, numbers: ["1", "1"]
    });
});

test("nothing selected, no score", () => {
    assert.strictEqual(Walker.selected(api(small())), null);
    assert.strictEqual(Walker.selected(api(null)), null);
});

test("a passage as MusicXML", () => {
    const text = written(small(), 0, 2);
    const [violin, clarinet] = text.split("<part id=").slice(1);
    assert.match(text, /<instrument-sound>strings.violin<\/instrument-sound>/);
    assert.match(text, /<midi-program>41<\/midi-program>/);
    assert.match(violin, /<measure number="0" implicit="yes">/);
    assert.match(violin, /<key><fifths>-2<\/fifths><\/key>/);
    assert.match(violin, /<root-step>B<\/root-step><root-alter>-1<\/root-alter><\/root><kind text="maj7">major-seventh<\/kind><bass><bass-step>D/);
    assert.strictEqual(violin.match(/<actual-notes>3<\/actual-notes><normal-notes>2/g).length, 3);
    assert.match(violin, /<duration>160<\/duration><voice>1<\/voice><type>eighth<\/type>.*<tuplet type="start" number="1"\/>/);
    assert.strictEqual(violin.match(/<tuplet type="stop"/g).length, 1);
    assert.match(violin, /<step>F<\/step><alter>1<\/alter><octave>4<\/octave><\/pitch><duration>960<\/duration><tie type="start"\/>/);
    assert.match(violin, /<chord\/><pitch><step>B<\/step><alter>-1<\/alter><octave>4/);
    assert.match(violin, /<backup><duration>480<\/duration><\/backup>\n<note><pitch><step>B<\/step><octave>3<\/octave><\/pitch><duration>480<\/duration><voice>2/);
    assert.match(violin, /<repeat direction="backward"\/>/);
    assert.match(violin, /<tie type="stop"\/>/);
    assert.match(clarinet, /<transpose><diatonic>-1<\/diatonic><chromatic>-2<\/chromatic><\/transpose>/);
    assert.match(clarinet, /<step>C<\/step><octave>5<\/octave><\/pitch><duration>1440/);
    assert.match(clarinet, /<dynamics><mf\/><\/dynamics>/);
    assert.match(clarinet, /<rest measure="yes"\/><duration>1440/);
});

test("the transposition that the API says, an octave and a tone", () => {
    const own = small({staves: [{}, {transpose: () => ({diatonic: -8, chromatic: -14})}]});
    const found = Walker.passage({curScore: () => own, fractionFromTicks: (t) => t}, 1, 1);
    const text = MusicXml.text(Notation.settled(found));
    assert.match(text, /<diatonic>-1<\/diatonic><chromatic>-2<\/chromatic><octave-change>-1<\/octave-change>/);
    assert.match(text, /<step>C<\/step><octave>6<\/octave>/);
});

test("shown at concert pitch, written as the player reads it", () => {
    const own = small({keys: {0: -2, 1: -2}});
    own.made[1].firstSegment.elementAt(4).notes[0].tpc = 12;
    const clarinet = written(own, 1, 1).split("<part id=")[2];
    assert.match(clarinet, /<fifths>0<\/fifths>/);
    assert.match(clarinet, /<step>C<\/step><octave>5<\/octave>/);
});

test("names are text", () => {
    const own = small();
    own.parts[0] = Object.assign({}, VIOLIN, {longName: "Violin <b>1</b> &amp; 2"});
    assert.match(written(own, 0, 0), /<part-name>Violin 1 &amp; 2<\/part-name>/);
});

test("chord symbols", () => {
    const kinds = {
        "C": "major", "Am": "minor", "A-7": "minor-seventh", "F/A": "major", "Bbmaj7": "major-seventh", "C#dim": "diminished",
        "Gdim7": "diminished-seventh", "Fm7b5": "half-diminished", "D+": "augmented", "E7": "dominant", "G7(b9)": "dominant",
        "Cm(maj7)": "major-minor", "G7sus4": "suspended-fourth", "Dsus2": "suspended-second", "F6/9": "major-sixth", "B♭9": "dominant-ninth"
    };
    for (const shown of Object.keys(kinds))
        assert.match(MusicXml.harmony(shown, null), new RegExp(">" + kinds[shown] + "</kind>"), shown);
    assert.strictEqual(MusicXml.harmony("N.C.", null), "");
});

test("a digest changes with the notes of its staves, and with no others", () => {
    const own = small(), look = (staves) => Walker.digest(api(own), 1, 1, staves);
    const both = look([0, 1]), violin = look([0]);
    own.made[1].firstSegment.elementAt(4).notes[0].pitch = 71;
    assert.notStrictEqual(look([0, 1]), both);
    assert.strictEqual(look([0]), violin);
    own.made[1].firstSegment.nextInMeasure.elementAt(0).duration = part(1, 16);
    assert.notStrictEqual(look([0]), violin);
});

test("what only the saved score tells", () => {
    const text = `<Part><Instrument><transposeDiatonic>1</transposeDiatonic><transposeChromatic>2</transposeChromatic></Instrument></Part>
<Staff id="1"><Measure><voice><Chord><acciaccatura/><Note></Note></Chord>
<Harmony><root>12</root><name>m7</name><base>20</base></Harmony>
<Tuplet><normalNotes>2</normalNotes><actualNotes>3</actualNotes></Tuplet>
<Chord><Note><Spanner type="Tie"><next></next></Spanner></Note><Note></Note></Chord><Rest></Rest><endTuplet/>
<Chord><Note><Spanner type="Tie"><prev></prev></Spanner></Note></Chord></voice></Measure></Staff>`;
    const found = plain(Saved.read(text, 0, 0)), voice = found.measures[0].voices[0];
    assert.deepStrictEqual(found.transpositions, [{diatonic: 1, chromatic: 2}]);
    assert.deepStrictEqual(voice.harmonies, ["Bbm7/F#"]);
    assert.deepStrictEqual(voice.events.map((e) => [e.tuplets.length, e.starts, e.stops]), [[1, 1, 0], [1, 0, 1], [0, 0, 0]]);
    assert.deepStrictEqual(voice.events.map((e) => e.ties), [[{next: true, prev: false}, {next: false, prev: false}], [], [{next: false, prev: true}]]);
});

test("the parts of a saved score that are linked to it, which stand inside of it, are passed over", () => {
    const measure = (count) => `<Measure><voice>${"<Rest></Rest>".repeat(count)}</voice></Measure>`;
    const part = (chromatic) => `<Part><Staff id="1"></Staff><Instrument><transposeChromatic>${chromatic}</transposeChromatic></Instrument></Part>`;
    const linked = (n) => `<Score>${part(9)}<Staff id="1">${measure(n)}</Staff></Score>`;
    const text = `<museScore version="3.01"><Score>${part(-2)}${part(0)}
<Staff id="1">${measure(1)}</Staff><Staff id="2">${measure(2)}</Staff>${linked(3)}${linked(4)}</Score></museScore>`;
    const found = plain(Saved.read(text, 0, 0));
    assert.deepStrictEqual(found.transpositions.map((t) => t.chromatic), [-2, 0]);
    assert.deepStrictEqual(found.measures[0].voices.map((voice) => voice && voice.events.length), [1, null, null, null, 2]);
});
