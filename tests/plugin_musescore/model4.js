// A score in memory behind the plugin interface of the 4.6 line, as far as the plugin uses it: what was seen in the
// real program, and between that what its published source says. What ends the program there throws Fatal here and
// is remembered in `crashed`, even if somebody catches it.
//
//   const model = new Model({parts: [{id, longName, staves, transposition}], measures: [{length, metre, fifths}],
//                            voices: {"0": [{at, length, notes: [...]}]}, harmonies: [...]});
//   model.api      what the modules get as their first argument
//   model.dump()   the same description again, with every voice in full
//
// Lengths and times are fractions of a whole note, [numerator, denominator]; `at` counts from the start of the score.
// A voice is keyed by its track (4 * staff + voice). Voices that are not given are empty, the first one has rests.
"use strict";

const VOICES = 4;
const DIVISION = 480;
const Element = {CHORD: "Chord", REST: "Rest", NOTE: "Note", HARMONY: "Harmony", KEYSIG: "KeySig", TIMESIG: "TimeSig", TIE: "Tie", TUPLET: "Tuplet"};
const INSTRUMENTS = {
    "piano": {longName: "Piano", musicXmlId: "keyboard.piano", staves: 2},
    "grand-piano": {longName: "Grand Piano", musicXmlId: "keyboard.piano.grand", staves: 2},
    "flute": {longName: "Flute", musicXmlId: "wind.flutes.flute", staves: 1},
    "violin": {longName: "Violin", musicXmlId: "strings.violin", staves: 1},
    "alto": {longName: "Alto", musicXmlId: "voice.alto", staves: 1},
    "tenor": {longName: "Tenor", musicXmlId: "voice.tenor", staves: 1},
    "bass": {longName: "Bass", musicXmlId: "voice.bass", staves: 1},
    "bb-clarinet": {longName: "B♭ Clarinet", musicXmlId: "wind.reed.clarinet.bflat", staves: 1,
        transposition: {diatonic: -1, chromatic: -2}},
};

class Fatal extends Error {}

// --- fractions ---------------------------------------------------------------------------------------------------

const gcd = (a, b) => (b ? gcd(b, a % b) : a);
function frac(n, d = 1) {
    const g = gcd(Math.abs(n), d) || 1;
    return [n / g, d / g];
}
const add = (a, b) => frac(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
const sub = (a, b) => frac(a[0] * b[1] - b[0] * a[1], a[1] * b[1]);
const mul = (a, b) => frac(a[0] * b[0], a[1] * b[1]);
const cmp = (a, b) => a[0] * b[1] - b[0] * a[1];
const same = (a, b) => cmp(a, b) === 0;
const least = (a, b) => (cmp(a, b) < 0 ? a : b);
const toTicks = (f) => Math.floor((f[0] * DIVISION * 4 + Math.floor(f[1] / 2)) / f[1]);
const ZERO = [0, 1];

// The longest value with at most `dots` dots that fits.
function longest(length, dots) {
    let value = [4, 1];
    while (cmp(value, length) > 0) value = mul(value, [1, 2]);
    let dot = value;
    for (let i = 0; i < dots; i++) {
        dot = mul(dot, [1, 2]);
        if (cmp(add(value, dot), length) > 0) break;
        value = add(value, dot);
    }
    return value;
}

function durations(length, dots = 4) {
    const found = [];
    while (length[0] > 0) {
        const value = longest(length, dots);
        if (value[1] > 1024) throw new Error(`no values for ${length}`);
        found.push(value);
        length = sub(length, value);
    }
    return found;
}

const isValue = (length) => length[0] > 0 && length[1] <= 1024 && same(longest(length, 4), length);

// --- the score ---------------------------------------------------------------------------------------------------

// Measures with their places, and for each track its elements in order:
//   {id, kind, at, length, tuplet, visible, gap, notes: [{id, pitch, tpc1, tpc2}]}, tuplets {id, at, length, ratio, outer},
//   ties [[note id, note id]]. All of it is plain data, so that a step of undo is a copy.
function stateOf(description) {
    let at = ZERO, fifths = 0, metre = null;
    const measures = description.measures.map((m) => {
        const length = frac(...m.length), measure = {at, length, metre: m.metre || length};
        at = add(at, length);
        return measure;
    });
    const keys = [], signatures = [];
    description.measures.forEach((m, i) => {
        if ((m.fifths || 0) !== fifths) keys.push({at: measures[i].at, fifths: fifths = m.fifths || 0});
        if (String(measures[i].metre) !== String(metre)) signatures.push(measures[i].at), metre = measures[i].metre;
    });
    const state = {parts: [], measures, signatures, tracks: [], keys: [], tuplets: {}, ties: [], harmonies: [], next: 1, end: at};
    for (const part of description.parts) {
        const staff = state.keys.length;
        appendPart(state, part);
        for (let i = 0; i < part.staves; i++) state.keys[staff + i] = structuredClone(keys);
    }
    for (const [track, elements] of Object.entries(description.voices || {})) {
        const places = new Map();
        state.tracks[track] = elements.map((e) => {
            const element = newElement(state, e.notes && e.notes.length ? "Chord" : "Rest", frac(...e.at), frac(...e.length));
            element.visible = e.visible !== false;
            element.gap = Boolean(e.gap);
            element.notes = (e.notes || []).map((n) => ({id: state.next++, pitch: n.pitch, tpc1: n.tpc1, tpc2: n.tpc2}));
            for (const [i, n] of (e.notes || []).entries()) {
                if (!n.tieBack) continue;
                const from = places.get(n.pitch);
                if (from) state.ties.push([from, element.notes[i].id]);
            }
            places.clear();
            (e.notes || []).forEach((n, i) => n.tie && places.set(n.pitch, element.notes[i].id));
            if (e.tuplet) {
                const at = frac(...e.tuplet.at), key = `${track}/at ${at}`;
                state.tuplets[key] ||= {id: key, at, length: frac(...e.tuplet.length), ratio: e.tuplet.ratio, outer: null};
                element.tuplet = key;
            }
            return element;
        });
    }
    for (const h of description.harmonies || []) state.harmonies.push({id: state.next++, ...h});
    return state;
}

function newElement(state, kind, at, length, tuplet = null) {
    return {id: state.next++, kind, at, length, tuplet, visible: true, gap: false, notes: []};
}

function appendPart(state, {id, longName, musicXmlId, staves, transposition}) {
    const startTrack = state.tracks.length;
    state.parts.push({
        id, longName: longName ?? id, musicXmlId: musicXmlId || "", startTrack, endTrack: startTrack + staves * VOICES,
        transposition: transposition || {diatonic: 0, chromatic: 0},
    });
    for (let staff = 0; staff < staves; staff++) {
        state.keys.push([]);
        for (let voice = 0; voice < VOICES; voice++) state.tracks.push([]);
        state.tracks[startTrack + staff * VOICES] = state.measures.map((m) => newElement(state, "Rest", m.at, m.length));
    }
}

// The editing of the program, on the plain data.
class Editor {
    constructor(state) {
        this.state = state;
    }
    measureAt(at) {
        return this.state.measures.find((m) => cmp(m.at, at) <= 0 && cmp(at, add(m.at, m.length)) < 0);
    }
    endOfMeasure(measure) {
        return add(measure.at, measure.length);
    }
    ratio(tuplet) {
        let ratio = [1, 1];
        for (let t = this.state.tuplets[tuplet]; t; t = this.state.tuplets[t.outer]) ratio = mul(ratio, [t.ratio[1], t.ratio[0]]);
        return ratio;
    }
    actual(length, tuplet) {
        return mul(length, this.ratio(tuplet));
    }
    end(element) {
        return add(element.at, this.actual(element.length, element.tuplet));
    }
    at(track, at) {
        return this.state.tracks[track].find((e) => same(e.at, at));
    }
    insert(track, element) {
        const line = this.state.tracks[track];
        const place = line.findIndex((e) => cmp(e.at, element.at) > 0);
        line.splice(place < 0 ? line.length : place, 0, element);
        return element;
    }
    isIn(element, tuplet) {
        for (let t = element.tuplet; t; t = this.state.tuplets[t].outer) if (t === tuplet) return true;
        return false;
    }
    untie(notes, both) {
        const ids = new Set(notes.map((n) => n.id));
        this.state.ties = this.state.ties.filter(([a, b]) => !ids.has(a) && !(both && ids.has(b)));
    }
    remove(track, element) {
        this.untie(element.notes, true);
        const line = this.state.tracks[track];
        line.splice(line.indexOf(element), 1);
    }
    outermost(tuplet) {
        while (this.state.tuplets[tuplet].outer) tuplet = this.state.tuplets[tuplet].outer;
        return tuplet;
    }
    removeTuplet(track, tuplet) {
        for (const e of this.state.tracks[track].filter((e) => this.isIn(e, tuplet))) this.remove(track, e);
        return this.state.tuplets[tuplet];
    }
    setRest(track, at, length, tuplet) {
        for (const value of tuplet ? durations(length) : this.rhythmic(at, length)) {
            this.insert(track, newElement(this.state, "Rest", at, value, tuplet));
            at = add(at, this.actual(value, tuplet));
        }
    }
    // Rests are grouped by the beats; here in plain values, which is one of the ways.
    rhythmic(at, length) {
        return same(this.measureAt(at).length, length) ? [length] : durations(length, 0);
    }

    // A voice that has nothing here gets rests up to its next element.
    expandVoice(track, at) {
        if (this.at(track, at)) return true;
        const measure = this.measureAt(at), line = this.state.tracks[track];
        const inside = line.filter((e) => cmp(e.at, measure.at) >= 0 && cmp(e.at, this.endOfMeasure(measure)) < 0);
        const before = inside.filter((e) => cmp(e.at, at) < 0).pop(), after = inside.find((e) => cmp(e.at, at) > 0);
        const start = before ? this.end(before) : measure.at;
        if (cmp(start, at) > 0) {
            if (before.kind !== "Rest" || before.tuplet) return false;
            this.remove(track, before);
            this.setRest(track, before.at, sub(at, before.at), null);
            this.setRest(track, at, sub(start, at), null);
        } else if (cmp(start, at) < 0) this.gapRest(track, start, sub(at, start));
        if (!this.at(track, at)) this.setRest(track, at, sub(after ? after.at : this.endOfMeasure(measure), at), null);
        return true;
    }
    gapRest(track, at, length) {
        for (const value of durations(length)) {
            const rest = newElement(this.state, "Rest", at, value);
            rest.gap = true;
            rest.visible = false;
            this.insert(track, rest);
            at = add(at, value);
        }
    }

    // Takes away `length` from a time on, at most to the end of the measure or of the tuplet; tells how much.
    makeGap(track, at, length, tuplet, keepChord = false) {
        const measure = this.measureAt(at);
        let left = length, done = ZERO, next = at, first = true;
        while (left[0] > 0 && cmp(next, this.endOfMeasure(measure)) < 0) {
            const element = this.at(track, next);
            if (!element) {
                const after = this.state.tracks[track].find((e) => cmp(e.at, next) > 0);
                const end = least(after ? after.at : this.state.end, this.endOfMeasure(measure));
                const taken = least(sub(end, next), left);
                done = add(done, taken), left = sub(left, taken), next = add(next, taken), first = false;
                continue;
            }
            if (tuplet && !this.isIn(element, tuplet)) break;
            let taken = element.length, whole = false;
            const inner = element.tuplet;
            if (inner !== tuplet) {
                taken = this.removeTuplet(track, this.outermost(inner)).length;
                tuplet = null, whole = true;
            } else if (!(first && keepChord)) this.remove(track, element);
            first = false;
            if (cmp(left, taken) < 0) {
                let time = add(next, this.actual(left, tuplet));
                const rest = sub(taken, left);
                const values = tuplet ? durations(rest, 0).reverse() : durations(rest).reverse();
                for (const value of values) {
                    const piece = newElement(this.state, whole ? "Rest" : element.kind, time, value, whole ? null : element.tuplet);
                    if (!whole) piece.notes = element.notes.map((n) => ({...n, id: this.state.next++}));
                    this.insert(track, piece);
                    time = add(time, this.actual(value, piece.tuplet));
                }
                return length;
            }
            next = add(next, this.actual(taken, tuplet));
            done = add(done, taken), left = sub(left, taken);
        }
        return done;
    }

    // A note (or a rest, without pitch) of any length: split, with ties, where a gap ends. The last element's time.
    setNoteRest(track, at, pitch, length) {
        let tuplet = this.at(track, at)?.tuplet ?? null, tie = null, last = null, left = length;
        for (;;) {
            if (track % VOICES) this.expandVoice(track, at);
            const gap = this.makeGap(track, at, left, tuplet);
            if (!gap[0]) break;
            const values = pitch === null ? (tuplet ? durations(gap, 0) : this.rhythmic(at, gap)) : durations(gap);
            for (const value of values) {
                const element = newElement(this.state, pitch === null ? "Rest" : "Chord", at, value, tuplet);
                tuplet = null; // only the first piece comes into the tuplet
                if (pitch !== null) {
                    const note = this.note(track, pitch, at);
                    element.notes.push(note);
                    if (tie) this.state.ties.push([tie, note.id]);
                    tie = note.id;
                }
                this.insert(track, element);
                last = element;
                at = this.end(element);
            }
            left = sub(left, gap);
            if (!left[0] || cmp(at, this.state.end) >= 0) break;
            if (!this.at(track, at)) {
                if (track % VOICES === 0) break;
                this.expandVoice(track, at);
            }
            tuplet = this.at(track, at).tuplet;
        }
        return last;
    }
    // Spelled as the key suggests: here by sharps, so that nothing is right by chance.
    note(track, pitch) {
        const part = this.state.parts.find((p) => p.startTrack <= track && track < p.endTrack);
        const {diatonic, chromatic} = part.transposition;
        const tpc1 = 14 + [0, 7, 2, 9, 4, -1, 6, 1, 8, 3, 10, 5][pitch % 12];
        return {id: this.state.next++, pitch, tpc1, tpc2: tpc1 - (7 * chromatic - 12 * diatonic)};
    }

    changeLength(track, element, length) {
        if (same(element.length, length)) return;
        const tuplet = element.tuplet;
        if (cmp(length, element.length) < 0) {
            this.untie(element.notes, false);
            const rest = sub(element.length, length);
            const [value, ...more] = durations(length);
            element.length = value;
            let at = this.end(element);
            for (const piece of more) {
                this.insert(track, newElement(this.state, "Rest", at, piece, tuplet));
                at = add(at, this.actual(piece, tuplet));
            }
            this.setRest(track, at, rest, tuplet);
            return;
        }
        let at = element.at, chain = element, first = true;
        for (const piece of this.splitAtMeasures(track, element, length)) {
            if (!first) this.expandVoice(track, at);
            this.makeGap(track, at, piece, tuplet, first);
            let values = durations(piece);
            const onset = sub(at, this.measureAt(at).at);
            if (element.kind === "Chord" && toTicks(onset) % toTicks(values[0])) values = values.reverse();
            for (const value of values) {
                if (first) element.length = value;
                else {
                    const next = this.insert(track, newElement(this.state, element.kind, at, value, tuplet));
                    next.notes = chain.notes.map((n) => ({...n, id: this.state.next++}));
                    chain.notes.forEach((n, i) => this.state.ties.push([n.id, next.notes[i].id]));
                    chain = next;
                }
                first = false;
                at = this.end(chain);
            }
        }
    }
    splitAtMeasures(track, element, length) {
        if (element.tuplet) {
            const all = this.state.tracks[track].filter((e) => e.tuplet === element.tuplet && cmp(e.at, element.at) >= 0);
            const room = all.reduce((sum, e) => add(sum, e.length), ZERO);
            return cmp(room, length) < 0 ? [] : [length];
        }
        const found = [];
        let at = element.at;
        while (length[0] > 0 && cmp(at, this.state.end) < 0) {
            const room = sub(this.endOfMeasure(this.measureAt(at)), at);
            found.push(least(room, length));
            length = sub(length, found.at(-1));
            at = add(at, room);
        }
        return found;
    }

    addTuplet(track, at, ratio, length) {
        const measure = this.measureAt(at);
        if (cmp(add(at, length), this.endOfMeasure(measure)) > 0) return false;
        const base = mul(length, [1, ratio[1]]);
        if (!isValue(base)) return false;
        this.expandVoice(track, at);
        const element = this.at(track, at);
        if (!element) return false;
        this.changeLength(track, element, length);
        const tuplet = {id: `${track}/${this.state.next++}`, at, length, ratio, outer: element.tuplet};
        this.state.tuplets[tuplet.id] = tuplet;
        this.remove(track, element);
        for (let i = 0; i < ratio[0]; i++) {
            const member = newElement(this.state, i ? "Rest" : element.kind, at, base, tuplet.id);
            if (!i) member.notes = element.notes.map((n) => ({...n, id: this.state.next++}));
            this.insert(track, member);
            at = this.end(member);
        }
        return true;
    }

    removeElement(track, element) {
        if (element.kind === "Chord") {
            this.untie(element.notes, true);
            element.kind = "Rest";
            element.notes = [];
        } else if (track % VOICES && !element.tuplet) {
            element.gap = true;
            element.visible = false;
            const measure = this.measureAt(element.at);
            const inside = this.state.tracks[track].filter((e) => this.measureAt(e.at) === measure);
            if (inside.every((e) => e.gap)) inside.forEach((e) => this.remove(track, e));
        }
    }
    deleteTuplet(track, id) {
        const tuplet = this.removeTuplet(track, id);
        this.setRest(track, tuplet.at, tuplet.length, tuplet.outer);
    }

    // The chords that hang together by ties, this one among them.
    tiedChain(track, chord) {
        const line = this.state.tracks[track].filter((e) => e.kind === "Chord");
        const chain = [chord];
        for (const [step, end] of [[-1, 0], [1, 1]]) {
            let here = chord;
            for (let i = line.indexOf(chord) + step; line[i]; i += step) {
                const ids = here.notes.map((n) => n.id), there = line[i].notes.map((n) => n.id);
                if (!this.state.ties.some((t) => ids.includes(t[1 - end]) && there.includes(t[end]))) break;
                here = line[i];
                if (step < 0) chain.unshift(here);
                else chain.push(here);
            }
        }
        return chain;
    }
    addToChord(track, chord, pitch) {
        const tied = this.state.ties.some((t) => t.includes(chord.notes[0].id));
        let before = null;
        for (const each of tied ? this.tiedChain(track, chord) : [chord]) {
            const note = this.note(track, pitch);
            this.addNote(each, note);
            if (before) this.state.ties.push([before.id, note.id]);
            before = note;
        }
    }
    addNote(chord, note) {
        chord.notes.push(note);
        chord.notes.sort((a, b) => a.pitch - b.pitch);
    }
}

const byPlace = (a, b) => cmp(a.at, b.at) || a.order - b.order;

// --- what a plugin sees ------------------------------------------------------------------------------------------

class Model {
    constructor(description) {
        this.state = stateOf(description);
        this.title = description.title || "score";
        this.epoch = 0;       // counts what makes kept wrappers dangerous
        this.open = null;     // the state before the open command
        this.undone = [];
        this.steps = [];
        this.log = [];
        this.crashed = null;
        this.calls = 0;
        this.failAt = Infinity;
        this.range = null;
        const model = this;
        const score = this.watch(new ScoreObject(this));
        this.api = this.watch({
            Element,
            division: DIVISION,
            mscoreVersion: [4, 6, 5],
            fraction: (n, d) => ({numerator: n, denominator: d, ticks: toTicks(frac(n, d)), str: `${n}/${d}`}),
            newElement: (type) => model.create(type),
            removeElement: (wrapper) => wrapper.raw.delete(),
            cmd: (name) => model.command(name),
            writeScore: () => false,
            readScore: () => null,
            closeScore: () => undefined,
            curScore: () => score,
        });
    }
    get editor() {
        return new Editor(this.state);
    }
    fatal(message) {
        this.crashed = message;
        throw new Fatal(message);
    }
    // Counts each thing that is asked of the program, and lets one fail. Closing a command never fails.
    watch(object) {
        const model = this;
        return new Proxy(object, {
            get(target, name) {
                if (name === "raw") return target;
                if (typeof name === "symbol" || !(name in target)) return undefined;
                if (name !== "endCmd" && name !== "constructor") model.touch(String(name));
                const found = Reflect.get(target, name, target);
                return typeof found === "function" ? found.bind(target) : found;
            },
            set(target, name, value) {
                model.touch(`${String(name)}=`);
                return Reflect.set(target, name, value, target);
            },
        });
    }
    touch(name) {
        if (++this.calls === this.failAt) throw new Error(`${name} failed`);
    }
    warn(message) {
        this.log.push(message);
    }

    create(type) {
        if (type === Element.TIE || type === Element.TUPLET) this.fatal(`newElement(${type})`);
        if (type === Element.NOTE) return this.watch({kind: type, type, pitch: 60, tpc1: 14, tpc2: 14});
        if (type === Element.KEYSIG) return this.watch({kind: type, type, concertKey: -8, actualKey: -8});
        if (type === Element.HARMONY) return this.watch(new FreshText(this, type));
        return null;
    }
    command(name) {
        if (name === "undo" || name === "redo") {
            if (this.open) return; // the stack is locked
            const [from, to] = name === "undo" ? [this.steps, this.undone] : [this.undone, this.steps];
            if (!from.length) return;
            to.push(structuredClone(this.state));
            this.state = from.pop();
            this.epoch++;
        } else this.warn(`${name} refused`);
    }
    startCmd() {
        if (this.open) return this.warn("a command is open already");
        this.open = structuredClone(this.state);
    }
    endCmd(rollback) {
        if (!this.open) return this.warn("no command active");
        if (rollback) {
            this.state = this.open;
            this.epoch++;
        } else if (JSON.stringify(this.open) !== JSON.stringify(this.state)) {
            this.steps.push(this.open);
            this.undone = [];
        }
        this.open = null;
    }

    // The segment that follows a place: signatures stand before what sounds at the same time.
    segmentAfter(place) {
        const {state} = this;
        let best = null;
        const put = (at, order, type) => {
            if (byPlace({at, order}, place) > 0 && (!best || byPlace({at, order}, best) < 0)) best = {at, order, type};
        };
        for (const keys of state.keys) for (const key of keys) put(key.at, 0, "KeySig");
        for (const at of state.signatures) put(at, 1, "TimeSig");
        for (const line of state.tracks) for (const e of line) put(e.at, 2, "ChordRest");
        return best;
    }
    // Those with chords or rests. Asked at every step of a cursor: their quotients tell times apart, sooner than text.
    sounding() {
        const found = new Map();
        for (const line of this.state.tracks) for (const e of line) found.set(e.at[0] / e.at[1], e.at);
        return [...found].sort((a, b) => a[0] - b[0]).map(([, at]) => ({at, order: 2, type: "ChordRest"}));
    }
    wrapElement(track, element) {
        return this.watch(new ElementObject(this, track, element.id));
    }

    dump() {
        const {state} = this, editor = this.editor;
        return {
            title: this.title,
            parts: state.parts.map((p) => ({
                id: p.id, longName: p.longName, staves: (p.endTrack - p.startTrack) / VOICES, transposition: p.transposition,
            })),
            measures: state.measures.map((m) => ({length: m.length, metre: m.metre, fifths: keyAt(state.keys[0] || [], m.at)})),
            keys: state.keys.map((keys) => keys.map((k) => [toTicks(k.at), k.fifths])),
            voices: Object.fromEntries(state.tracks.map((line, track) => [track, line.map((e) => ({
                at: e.at, tick: toTicks(e.at), length: e.length, actual: editor.actual(e.length, e.tuplet),
                voice: track % VOICES, visible: e.visible, gap: e.gap,
                tuplet: e.tuplet && (({at, length, ratio}) => ({at, length, ratio}))(state.tuplets[e.tuplet]),
                notes: e.notes.map((n) => ({
                    pitch: n.pitch, tpc1: n.tpc1, tpc2: n.tpc2,
                    tie: state.ties.some((t) => t[0] === n.id), tieBack: state.ties.some((t) => t[1] === n.id),
                })),
            }))]).filter(([, line]) => line.length)),
            harmonies: state.harmonies.map(({at, track, text}) => ({at, track, text})),
        };
    }
    // Whether every voice fills its measures without overlaps; gaps only behind the first voice.
    corrupt() {
        const editor = this.editor;
        for (const [track, line] of this.state.tracks.entries()) {
            for (const measure of this.state.measures) {
                const inside = line.filter((e) => cmp(e.at, measure.at) >= 0 && cmp(e.at, editor.endOfMeasure(measure)) < 0);
                let at = measure.at;
                for (const e of inside) {
                    if (!same(e.at, at) && (track % VOICES === 0 || cmp(e.at, at) < 0)) return `track ${track} at ${e.at}`;
                    at = editor.end(e);
                }
                const end = editor.endOfMeasure(measure);
                if (inside.length && (cmp(at, end) > 0 || track % VOICES === 0 && !same(at, end))) return `track ${track} ends ${at}`;
                if (!inside.length && track % VOICES === 0) return `track ${track} is empty`;
            }
        }
        return "";
    }
}

const keyAt = (keys, at) => keys.filter((k) => cmp(k.at, at) <= 0).pop()?.fifths ?? 0;

// An element of no score yet. To give it a text ends the program.
class FreshText {
    constructor(model, type) {
        this.model = model;
        this.kind = this.type = type;
        this.element = null;
    }
    get text() {
        return this.element ? this.element.text : "";
    }
    set text(value) {
        if (!this.element) this.model.fatal("text before add");
        this.element.text = value;
    }
}

// A wrapper: it knows an element by its id, and must not be touched once that is undone or overwritten.
class ElementObject {
    constructor(model, track, id) {
        Object.assign(this, {model, track, id, epoch: model.epoch});
    }
    get found() {
        const element = this.model.state.tracks[this.track]?.find((e) => e.id === this.id);
        if (this.epoch !== this.model.epoch || !element) this.model.fatal("a kept element was touched");
        return element;
    }
    get name() { return this.found.kind; }
    get type() { return this.found.kind; }
    get duration() { return wrapFraction(this.found.length); }
    set duration(value) { this.model.editor.changeLength(this.track, this.found, frac(value.numerator, value.denominator)); }
    get actualDuration() { return wrapFraction(this.model.editor.actual(this.found.length, this.found.tuplet)); }
    get notes() { return this.found.notes.map((n) => this.model.watch(new NoteObject(this, n.id))); }
    get tuplet() {
        const {tuplet} = this.found;
        return tuplet && this.model.watch(new TupletObject(this.model, this.track, tuplet));
    }
    get visible() { return this.found.visible; }
    set visible(value) { this.found.visible = value; }
    get gap() { return this.found.gap; }
    get lyrics() { return this.found, []; }
    get parent() {
        return segmentObject(this.model, this.model.sounding().find((s) => same(s.at, this.found.at)));
    }
    add(wrapper) {
        if (wrapper.kind !== Element.NOTE) throw new Error("only notes are modelled");
        const note = this.model.editor.note(this.track, wrapper.pitch); // spelled anew when it is added
        this.model.editor.addNote(this.found, note);
    }
    delete() {
        this.model.editor.removeElement(this.track, this.found);
    }
}

class NoteObject {
    constructor(chord, id) {
        Object.assign(this, {chord, id, model: chord.model});
    }
    get found() {
        const note = this.chord.found.notes.find((n) => n.id === this.id);
        if (!note) this.model.fatal("a kept note was touched");
        return note;
    }
    get type() { return this.found, Element.NOTE; }
    get name() { return this.found, Element.NOTE; }
    get pitch() { return this.found.pitch; }
    get tpc() { return this.found.tpc2; }
    set tpc(value) { this.found.tpc2 = value; }
    get tpc1() { return this.found.tpc1; }
    set tpc1(value) { this.found.tpc1 = value; }
    get tpc2() { return this.found.tpc2; }
    set tpc2(value) { this.found.tpc2 = value; }
    get tieForward() { return this.tie(0); }
    get tieBack() { return this.tie(1); }
    tie(end) {
        const {id} = this.found;
        return this.model.state.ties.some((t) => t[end] === id) ? {} : null;
    }
    get parent() { return this.model.watch(this.chord); }
    delete() {
        const chord = this.chord.found;
        if (chord.notes.length < 2) return this.chord.delete();
        this.model.editor.untie([this.found], true);
        chord.notes = chord.notes.filter((n) => n.id !== this.id);
    }
}

class TupletObject {
    constructor(model, track, id) {
        Object.assign(this, {model, track, id, epoch: model.epoch});
    }
    get found() {
        const used = this.model.state.tracks[this.track].some((e) => this.model.editor.isIn(e, this.id));
        if (this.epoch !== this.model.epoch || !used) this.model.fatal("a kept tuplet was touched");
        return this.model.state.tuplets[this.id];
    }
    get type() { return this.found, Element.TUPLET; }
    get actualNotes() { return this.found.ratio[0]; }
    get normalNotes() { return this.found.ratio[1]; }
    get duration() { return wrapFraction(this.found.length); }
    get tuplet() {
        const {outer} = this.found;
        return outer && this.model.watch(new TupletObject(this.model, this.track, outer));
    }
    get elements() {
        return this.model.state.tracks[this.track].filter((e) => this.found && e.tuplet === this.id)
            .map((e) => this.model.wrapElement(this.track, e));
    }
    delete() {
        this.model.editor.deleteTuplet(this.track, this.found.id);
    }
}

function wrapFraction(f) {
    return {numerator: f[0], denominator: f[1], ticks: toTicks(f), str: `${f[0]}/${f[1]}`};
}

class SegmentObject {
    constructor(model, place) {
        Object.assign(this, {model, place});
    }
    get tick() { return toTicks(this.place.at); }
    get fraction() { return wrapFraction(this.place.at); }
    get segmentType() { return this.place.type; }
    get next() {
        return segmentObject(this.model, this.model.segmentAfter(this.place));
    }
    get nextInMeasure() {
        const next = this.model.segmentAfter(this.place);
        return next && this.model.state.measures.some((m) => same(m.at, next.at)) && !same(next.at, this.place.at) ? null : segmentObject(this.model, next);
    }
    get annotations() {
        const {model, place} = this;
        if (place.type !== "ChordRest") return [];
        return model.state.harmonies.filter((h) => same(h.at, place.at))
            .map((h) => model.watch({name: Element.HARMONY, type: Element.HARMONY, text: h.text, track: h.track}));
    }
    elementAt(track) {
        const {model, place} = this;
        if (place.type === "ChordRest") {
            const element = model.editor.at(track, place.at);
            return element ? model.wrapElement(track, element) : null;
        }
        if (track % VOICES) return null;
        if (place.type === "TimeSig") return model.watch({name: Element.TIMESIG, type: Element.TIMESIG, generated: false});
        const key = model.state.keys[track / VOICES]?.find((k) => same(k.at, place.at));
        return key ? model.watch({name: Element.KEYSIG, type: Element.KEYSIG, concertKey: key.fifths, actualKey: key.actual ?? key.fifths, generated: false}) : null;
    }
}

const segmentObject = (model, place) => (place ? model.watch(new SegmentObject(model, place)) : null);

class MeasureObject {
    constructor(model, index) {
        Object.assign(this, {model, index});
    }
    get found() { return this.model.state.measures[this.index]; }
    get tick() { return wrapFraction(this.found.at); }
    get ticks() { return wrapFraction(this.found.length); }
    get timesigActual() { return wrapFraction(this.found.length); }
    get timesigNominal() { return wrapFraction(this.found.metre); }
    get irregular() { return !same(this.found.length, frac(...this.found.metre)); }
    get firstSegment() {
        return segmentObject(this.model, this.model.segmentAfter({at: this.found.at, order: -1}));
    }
    get nextMeasure() { return measureObject(this.model, this.index + 1); }
    get prevMeasure() { return measureObject(this.model, this.index - 1); }
}

const measureObject = (model, index) => (model.state.measures[index] ? model.watch(new MeasureObject(model, index)) : null);

class ScoreObject {
    constructor(model) {
        this.model = model;
    }
    get scoreName() { return this.model.title; }
    get title() { return this.model.title; }
    get nstaves() { return this.model.state.keys.length; }
    get ntracks() { return this.model.state.tracks.length; }
    get nmeasures() { return this.model.state.measures.length; }
    get firstMeasure() { return measureObject(this.model, 0); }
    get lastMeasure() { return measureObject(this.model, this.model.state.measures.length - 1); }
    get lastSegment() { return {tick: toTicks(this.model.state.end)}; }
    get parts() {
        return this.model.state.parts.map((p) => ({
            partName: p.longName, longName: p.longName, instrumentId: p.id, musicXmlId: p.musicXmlId, startTrack: p.startTrack, endTrack: p.endTrack,
        }));
    }
    get staves() {
        const {state} = this.model;
        return state.keys.map((keys, staff) => ({
            key: (f) => keyAt(keys, frac(f.numerator, f.denominator)),
            transpose: () => state.parts.find((p) => p.startTrack <= staff * VOICES && staff * VOICES < p.endTrack).transposition,
        }));
    }
    get selection() { return this.model.watch(new SelectionObject(this.model)); }
    newCursor() { return this.model.watch(new CursorObject(this.model)); }
    startCmd(name) { this.model.startCmd(name); }
    endCmd(rollback) { this.model.endCmd(rollback); }
    appendPart(id) {
        if (!INSTRUMENTS[id]) this.model.warn(`no instrument ${id}`);
        appendPart(this.model.state, INSTRUMENTS[id] ? {id, ...INSTRUMENTS[id]} : {id: "", longName: "", staves: 1});
    }
    appendMeasures(count) {
        const {state} = this.model;
        for (let i = 0; i < count; i++) {
            const {length, metre} = state.measures.at(-1), at = state.end;
            state.measures.push({at, length: metre || length, metre});
            for (let track = 0; track < state.tracks.length; track += VOICES)
                state.tracks[track].push(newElement(state, "Rest", at, metre));
            state.end = add(at, metre);
        }
    }
}

class SelectionObject {
    constructor(model) {
        this.model = model;
    }
    get isRange() { return this.model.range !== null; }
    get elements() { return []; } // filled only by commands of the program
    get startStaff() { return this.model.range ? this.model.range.startStaff : 0; }
    get endStaff() { return this.model.range ? this.model.range.endStaff : 0; }
    get startSegment() { return this.edge("start"); }
    get endSegment() { return this.edge("end"); } // null at the end of the score
    edge(which) {
        const {model} = this;
        if (!model.range || model.open) return null; // and inside a command
        return segmentObject(model, model.sounding().find((s) => toTicks(s.at) >= model.range[which]));
    }
    selectRange(start, end, startStaff, endStaff) {
        const {model} = this, last = model.sounding().at(-1);
        // The exact end of the score gives its last segment, which is then left out.
        if (end === toTicks(model.state.end)) end = toTicks(last.at);
        model.range = {start, end, startStaff, endStaff};
        return true;
    }
    clear() {
        this.model.range = null;
        return true;
    }
}

class CursorObject {
    constructor(model) {
        Object.assign(this, {model, at: null, last: null, length: null, _track: 0});
    }
    get track() { return this._track; }
    set track(value) { this._track = Math.max(0, Math.min(value, this.model.state.tracks.length - 1)); }
    get voice() { return this._track % VOICES; }
    set voice(value) { this.track = this._track - this.voice + value; }
    get staffIdx() { return Math.floor(this._track / VOICES); }
    set staffIdx(value) { this.track = value * VOICES + this.voice; }
    get tick() { return this.at ? toTicks(this.at) : 0; }
    get fraction() { return wrapFraction(this.at || ZERO); }
    get segment() { return this.at ? segmentObject(this.model, {at: this.at, order: 2, type: "ChordRest"}) : null; }
    get element() {
        const element = this.at && this.model.editor.at(this._track, this.at);
        return element ? this.model.wrapElement(this._track, element) : null;
    }
    get measure() {
        return this.at && measureObject(this.model, this.model.state.measures.indexOf(this.model.editor.measureAt(this.at)));
    }
    get keySignature() { return keyAt(this.model.state.keys[this.staffIdx], this.at || ZERO); }

    settle(at) {
        this.at = this.last = at;
    }
    // To the first element of this track at or after a time.
    forward(at) {
        const element = at && this.model.state.tracks[this._track].find((e) => cmp(e.at, at) >= 0);
        this.settle(element ? element.at : null);
    }
    rewind(mode) {
        const {range} = this.model;
        if (mode === 0) this.forward(ZERO);
        else if (range && mode === 1) {
            this.track = range.startStaff * VOICES;
            this.forward(this.model.sounding().find((s) => toTicks(s.at) >= range.start)?.at ?? null);
        } else if (range && mode === 2) {
            this.settle(this.model.sounding().find((s) => toTicks(s.at) >= range.end)?.at ?? null);
            this.track = range.endStaff * VOICES - 1;
        } // without a range it stays where it is
    }
    rewindToTick(tick) {
        const left = this.model.sounding().filter((s) => cmp(s.at, frac(tick + 1, DIVISION * 4)) <= 0).pop();
        this.forward(left ? left.at : null);
    }
    rewindToFraction(f) {
        const at = frac(f.numerator, f.denominator);
        this.settle(this.model.sounding().find((s) => same(s.at, at))?.at ?? null);
    }
    next() {
        const after = this.model.sounding().find((s) => cmp(s.at, this.at) > 0);
        this.forward(after ? after.at : null);
        return this.at !== null;
    }
    nextMeasure() {
        const {measures} = this.model.state;
        const next = measures[measures.indexOf(this.model.editor.measureAt(this.at)) + 1];
        this.forward(next ? next.at : null);
        return this.at !== null;
    }
    // Behind what was entered: the next element of the track, or the next measure; at the end of the score nowhere.
    moveOn() {
        const {model} = this, measure = model.editor.measureAt(this.at);
        const next = model.sounding().find((s) => cmp(s.at, this.at) > 0
            && (model.editor.at(this._track, s.at) || model.editor.measureAt(s.at) !== measure));
        if (next) {
            this.last = this.at;
            this.at = next.at;
        }
    }

    setDuration(n, d) {
        const asked = d ? frac(n, d) : [1, 4];
        this.length = longest(asked, 4); // silently another, if it is no value
    }
    addNote(pitch, addToChord = false) {
        const {model} = this;
        if (!(pitch >= 0 && pitch <= 127)) return model.warn(`invalid pitch ${pitch}`);
        if (!this.at) return model.warn("cursor location is undefined");
        if (addToChord) {
            const chord = model.editor.at(this._track, this.last);
            if (!chord || chord.kind !== "Chord") return model.warn("no chord");
            model.editor.addToChord(this._track, chord, pitch);
            if (same(this.last, this.at)) this.moveOn();
            return undefined;
        }
        return this.enter(pitch);
    }
    addRest() {
        if (!this.at) return this.model.warn("cursor location is undefined");
        return this.enter(null);
    }
    enter(pitch) {
        const {editor} = this.model;
        if (!editor.expandVoice(this._track, this.at)) return this.model.warn("cannot insert element here");
        const last = editor.setNoteRest(this._track, this.at, pitch, this.length || [1, 4]);
        if (!last) return;
        this.settle(last.at);
        this.moveOn();
    }
    addTuplet(ratio, duration) {
        if (!this.at) return this.model.warn("cursor location is undefined");
        const length = frac(duration.numerator, duration.denominator);
        if (!this.model.editor.addTuplet(this._track, this.at, [ratio.numerator, ratio.denominator], length))
            return this.model.warn("no such tuplet");
        this.settle(this.at);
        this.length = mul(length, [1, ratio.denominator]);
    }
    add(wrapper) {
        const {model} = this;
        if (!this.at) return;
        if (wrapper.kind === Element.HARMONY) {
            wrapper.raw.element = {id: model.state.next++, at: this.at, track: this._track, text: ""};
            model.state.harmonies.push(wrapper.raw.element);
        } else if (wrapper.kind === Element.KEYSIG) {
            const keys = model.state.keys[this.staffIdx].filter((k) => !same(k.at, this.at));
            keys.push({at: this.at, fifths: wrapper.concertKey, actual: wrapper.actualKey});
            model.state.keys[this.staffIdx] = keys.sort((a, b) => cmp(a.at, b.at));
        } else throw new Error(`${wrapper.kind} is not modelled`);
    }
}

module.exports = {Model, Fatal, Element, INSTRUMENTS};
