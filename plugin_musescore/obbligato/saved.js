// What a score saved in version 3's own format (.mscx) says and the API does not show: ties, tuplets and chord symbols
// (hidden in 3.2), transpositions, endings and octave lines. Events are matched by their order in a voice, so grace
// notes are passed over.

var NAMES = "FCGDAEB";
var OCTAVES = {"8va": 1, "8vb": -1, "15ma": 2, "15mb": -2, "22ma": 3, "22mb": -3};

// A passage of walker.js, completed from the text of the saved score; other versions write other files.
function completed(passage, text) {
    if (!/<museScore version="3\./.test(text.substring(0, 200)))
        return passage;
    var saved = read(text, passage.first, passage.last), shifts = saved.shifts;
    for (var p = 0; p < passage.parts.length; p++)
        passage.parts[p].transposition = saved.transpositions[p];
    for (var i = 0; i < passage.measures.length; i++) {
        var found = passage.measures[i], own = saved.measures[i];
        found.ending = own.ending;
        for (var track = 0; track < found.voices.length; track++)
            if (found.voices[track] && own.voices[track])
                complete(found.voices[track], own.voices[track].events);
        nameChords(found.marks, own.voices);
        shift(found, own.lines, shifts);
    }
    return passage;
}

function complete(voice, events) {
    for (var i = 0; i < voice.length && i < events.length; i++) {
        voice[i].tuplets = events[i].tuplets;
        voice[i].starts = events[i].starts;
        voice[i].stops = events[i].stops;
        for (var n = 0; n < voice[i].notes.length && n < events[i].ties.length; n++) {
            voice[i].notes[n].tied = events[i].ties[n].next;
            voice[i].notes[n].tiedBack = events[i].ties[n].prev;
        }
    }
}

// The chord symbols of a voice stand in the same order here and there.
function nameChords(marks, voices) {
    var counts = {};
    for (var i = 0; i < marks.length; i++) {
        if (marks[i].harmony === undefined)
            continue;
        var track = marks[i].track, count = counts[track] || 0;
        counts[track] = count + 1;
        if (!marks[i].harmony && voices[track])
            marks[i].harmony = voices[track].harmonies[count] || "";
    }
}

// Notes under octave lines, at sounding pitch. `lines` are their beginnings and ends; `shifts` holds from measure to
// measure what applies in each staff.
function shift(found, lines, shifts) {
    for (var track = 0; track < found.voices.length; track++) {
        var voice = found.voices[track] || [], staff = Math.floor(track / 4);
        for (var i = 0; i < voice.length; i++) {
            var octaves = shifts[staff] || 0;
            for (var k = 0; k < lines.length; k++)
                if (lines[k].staff === staff && tickOf(found, lines[k]) <= voice[i].tick)
                    octaves = lines[k].octaves;
            for (var n = 0; n < voice[i].notes.length; n++)
                voice[i].notes[n].pitch += 12 * octaves;
        }
    }
    for (var l = 0; l < lines.length; l++)
        shifts[lines[l].staff] = lines[l].octaves;
}

function tickOf(found, line) {
    var voice = found.voices[line.track] || [];
    return line.event < voice.length ? voice[line.event].tick : Infinity;
}

// Measures first..last: {transpositions: [part], shifts: [staff], measures: [{ending, lines, voices}]};
// voices: [track] -> {events: [{tuplets, starts, stops, ties}], harmonies: [text]}.
function read(text, first, last) {
    text = text.split("<Score>", 2).pop(); // without those inside of it: parts linked to it
    var found = {transpositions: transpositions(text), shifts: [], measures: []};
    for (var i = first; i <= last; i++)
        found.measures.push({voices: [], lines: [], ending: null});
    var staves = text.substring(text.lastIndexOf("</Part>")).split("<Staff id=").slice(1);
    for (var staff = 0; staff < staves.length; staff++)
        readStaff(staves[staff], staff, first, last, found);
    return found;
}

function transpositions(text) {
    var parts = text.substring(0, text.lastIndexOf("</Part>")).split("<Part>").slice(1), found = [];
    for (var i = 0; i < parts.length; i++)
        found.push({diatonic: number(parts[i], "transposeDiatonic"), chromatic: number(parts[i], "transposeChromatic")});
    return found;
}

function number(text, tag) {
    var found = new RegExp("<" + tag + ">(-?\\d+)<").exec(text);
    return found ? Number(found[1]) : 0;
}

function readStaff(text, staff, first, last, found) {
    var index = -1, at = 0, begin;
    while (index < last && (begin = text.indexOf("<Measure", at)) >= 0) {
        at = text.indexOf("</Measure>", begin);
        var measure = text.substring(begin, at);
        if (measure.indexOf("<multiMeasureRest>") >= 0)
            continue; // stands before the measures that it shows as one
        if (++index >= first)
            readMeasure(measure, staff, found.measures.slice(index - first));
        else if (measure.indexOf("\"Ottava\"") >= 0)
            found.shifts[staff] = lastShift(measure);
    }
}

function lastShift(text) {
    var spanners = text.split("<Spanner type=\"Ottava\">");
    return octavesOf(spanners[spanners.length - 1]);
}

function octavesOf(spanner) {
    var subtype = /^\s*<Ottava>\s*<subtype>(\w+)</.exec(spanner);
    return subtype ? OCTAVES[subtype[1]] || 0 : 0;
}

// `following`: the measure and those after it.
function readMeasure(text, staff, following) {
    var voices = text.split("<voice>").slice(1), found = following[0];
    for (var i = 0; i < voices.length; i++)
        found.voices[4 * staff + i] = readVoice(voices[i], staff, 4 * staff + i, found.lines);
    var volta = /<Volta>[\s\S]*?<endings>([^<]*)<\/endings>[\s\S]*?<next>([\s\S]*?)<\/next>/.exec(text);
    if (volta && staff === 0) {
        var length = number(volta[2], "measures") + (volta[2].indexOf("<fractions>") >= 0 ? 1 : 0);
        found.ending = found.ending || {};
        found.ending.start = volta[1];
        var closing = following[Math.min(length, following.length) - 1];
        closing.ending = closing.ending || {};
        closing.ending.stop = volta[1];
    }
}

var TOKEN = /<(Chord|Rest|RepeatMeasure|Tuplet|endTuplet\/|Harmony|Spanner type="Ottava")>/g;

function readVoice(text, staff, track, lines) {
    var found = {events: [], harmonies: []}, open = [], starting = 0, token;
    TOKEN.lastIndex = 0;
    while ((token = TOKEN.exec(text))) {
        var begin = TOKEN.lastIndex, end = token[1] === "endTuplet/" ? begin : text.indexOf("</" + token[1].split(" ")[0] + ">", begin);
        var body = text.substring(begin, end);
        TOKEN.lastIndex = end;
        if (token[1] === "Tuplet") {
            open.push({actual: number(body, "actualNotes"), normal: number(body, "normalNotes"), span: null});
            starting++;
        } else if (token[1] === "endTuplet/") {
            open.pop();
            found.events[found.events.length - 1].stops++;
        } else if (token[1] === "Spanner type=\"Ottava\"") {
            lines.push({staff: staff, track: track, event: found.events.length, octaves: octavesOf(body)});
        } else if (token[1] === "Harmony") {
            found.harmonies.push(harmony(body));
        } else if (!/<(grace\w+|acciaccatura|appoggiatura)\/>/.test(body)) {
            found.events.push({tuplets: open.slice(), starts: starting, stops: 0, ties: ties(body)});
            starting = 0;
        }
    }
    return found;
}

function ties(chord) {
    var notes = chord.split("<Note>").slice(1), found = [];
    for (var i = 0; i < notes.length; i++) {
        var tie = {next: false, prev: false}, spanners = notes[i].split("<Spanner type=\"Tie\">").slice(1);
        for (var s = 0; s < spanners.length; s++) {
            var own = spanners[s].split("</Spanner>")[0];
            tie.next = tie.next || own.indexOf("<next>") >= 0;
            tie.prev = tie.prev || own.indexOf("<prev>") >= 0;
        }
        found.push(tie);
    }
    return found;
}

function harmony(body) {
    var root = /<root>(-?\d+)</.exec(body), base = /<base>(-?\d+)</.exec(body), name = /<name>([^<]*)</.exec(body);
    var text = root ? noteName(Number(root[1])) : "";
    return text + (name ? name[1] : "") + (base ? "/" + noteName(Number(base[1])) : "");
}

function noteName(tpc) {
    var alter = Math.floor((tpc + 1) / 7) - 2;
    return NAMES.charAt((tpc + 8) % 7) + (alter < 0 ? "bbb".substring(0, -alter) : "###".substring(0, alter));
}
