// A passage as walker.js reads it, made exact: onsets, lengths, tuplet brackets, keys and written pitches.

var WHOLE = 1920; // ticks
var VOICES = 4;   // of a staff
var STEPS = "FCGDAEB";
var NATURAL = {C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11};

// The same passage, as musicxml.js takes it.
function settled(passage) {
    for (var p = 0; p < passage.parts.length; p++)
        settle(passage.parts[p], passage.measures);
    for (var i = 0; i < passage.measures.length; i++)
        passage.measures[i].marks.forEach(name);
    return passage;
}

function gcd(a, b) {
    return b ? gcd(b, a % b) : Math.abs(a);
}

function fraction(n, d) {
    var common = gcd(n, d);
    return [n / common, d / common];
}

function plus(a, b) {
    return fraction(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
}

function value(a) {
    return a[0] / a[1];
}

// What of one part follows from what walker.js has read.
function settle(part, columns) {
    var concert = showsConcertPitch(part, columns), current = part.transposition || {diatonic: 0, chromatic: 0};
    part.name = plain(part.name);
    part.concert = concert;
    part.sums = [];
    for (var staff = 0; staff < part.staves; staff++)
        part.sums.push({pitch: 0, notes: 0});
    for (var i = 0; i < columns.length; i++) {
        var staffKey = columns[i].keys[part.firstStaff];
        current = transposedLike(part, columns[i], current);
        columns[i].parts = columns[i].parts || [];
        columns[i].parts.push({
            transposition: current,
            fifths: concert ? folded(staffKey + fifthsOf(current), 7) : staffKey
        });
        eachVoice(part, columns[i], function (voice, track) {
            time(voice, columns[i]);
            spell(voice, current, part, Math.floor(track / VOICES) - part.firstStaff);
        });
        place(part, columns[i]);
    }
}

function eachVoice(part, found, visit) {
    for (var track = part.firstStaff * VOICES; track < (part.firstStaff + part.staves) * VOICES; track++)
        if (found.voices[track])
            visit(found.voices[track], track);
}

function eachNote(part, found, visit) {
    eachVoice(part, found, function (voice) {
        for (var i = 0; i < voice.length; i++)
            for (var n = 0; n < voice[i].notes.length; n++)
                visit(voice[i].notes[n]);
    });
}

// Onsets are sums of exact lengths; a tick that is further off is a gap, which holds nothing.
function time(voice, found) {
    var at = [0, 1], open = [];
    if (voice.length === 1 && !voice[0].notes.length && voice[0].tick === 0 && !voice[0].tuplets.length
            && value(found.length) <= value([voice[0].nominal[0] * WHOLE, voice[0].nominal[1]])) {
        voice[0].at = at;
        voice[0].length = found.length;
        voice[0].wholeMeasure = true;
        voice[0].starts = voice[0].stops = 0;
        return;
    }
    for (var i = 0; i < voice.length; i++) {
        var event = voice[i];
        if (Math.abs(event.tick - value(at)) > 2)
            at = [event.tick, 1];
        event.at = at;
        event.length = fraction(event.nominal[0] * WHOLE, event.nominal[1]);
        for (var t = 0; t < event.tuplets.length; t++)
            event.length = fraction(event.length[0] * event.tuplets[t].normal, event.length[1] * event.tuplets[t].actual);
        bracket(event, open);
        at = plus(at, event.length);
    }
}

// Marks stand where an event at their tick begins.
function place(part, found) {
    var onsets = {};
    eachVoice(part, found, function (voice) {
        for (var i = 0; i < voice.length; i++)
            onsets[voice[i].tick] = voice[i].at;
    });
    for (var m = 0; m < found.marks.length; m++)
        found.marks[m].at = onsets[found.marks[m].tick] || found.marks[m].at || [found.marks[m].tick, 1];
}

// How many tuplets start and stop at an event. `open`: what is left of each one that has begun.
function bracket(event, open) {
    var tuplets = event.tuplets, scale = [1, 1];
    if (event.starts === undefined) {
        event.starts = event.stops = 0;
        for (var t = 0; t < tuplets.length; t++) {
            if (open.length <= t && tuplets[t].span) {
                open.push(fraction(WHOLE * tuplets[t].span[0] * scale[0], tuplets[t].span[1] * scale[1]));
                event.starts++;
            }
            scale = [scale[0] * tuplets[t].normal, scale[1] * tuplets[t].actual];
        }
        for (var o = 0; o < open.length; o++)
            open[o] = plus(open[o], [-event.length[0], event.length[1]]);
        while (open.length && open[open.length - 1][0] <= 0) {
            open.pop();
            event.stops++;
        }
    }
}

function showsConcertPitch(part, columns) {
    var concert = false;
    for (var i = 0; i < columns.length; i++)
        eachNote(part, columns[i], function (note) {
            concert = concert || (note.tpc1 !== note.tpc2 && note.tpc === note.tpc1);
        });
    return concert;
}

// The transposition that the notes of a measure show, the same as before where they agree with it or tell nothing.
function transposedLike(part, found, before) {
    var shift = null;
    if (!part.drums)
        eachNote(part, found, function (note) {
            shift = shift === null ? note.tpc2 - note.tpc1 : shift;
        });
    if (shift === null || (7 * shift + before.chromatic) % 12 === 0)
        return before;
    return {diatonic: -folded(4 * shift, 3.5, 7), chromatic: -folded(7 * shift, 6, 12)};
}

// The number between -limit and limit that differs from n by a multiple of 12, or of the modulus.
function folded(n, limit, modulus) {
    modulus = modulus || 12;
    while (n > limit)
        n -= modulus;
    while (n < -limit)
        n += modulus;
    return n;
}

// Fifths from sounding to written pitch.
function fifthsOf(interval) {
    return -(7 * interval.chromatic - 12 * interval.diatonic);
}

function spell(voice, interval, part, home) {
    for (var i = 0; i < voice.length; i++)
        for (var n = 0; n < voice[i].notes.length; n++) {
            var note = voice[i].notes[n], written = note.pitch - interval.chromatic;
            note.step = STEPS.charAt((note.tpc2 + 1 + 7) % 7);
            note.alter = Math.floor((note.tpc2 + 1) / 7) - 2;
            note.octave = Math.round((written - note.alter - NATURAL[note.step]) / 12) - 1;
            part.sums[home].pitch += written;
            part.sums[home].notes++;
        }
}

var LETTERS = {Piano: "p", Mezzo: "m", Forte: "f", Sforzando: "s", Rinforzando: "r", Z: "z", Niente: "n"};

function name(mark) {
    if (mark.harmony === undefined)
        mark.dynamic = dynamicOf(mark);
    else
        mark.harmony = plain(mark.harmony);
}

// "mf", in whichever of its ways the API says it.
function dynamicOf(mark) {
    if (/^[pmfsrzn]+$/.test(mark.dynamic))
        return mark.dynamic;
    return plain(mark.text.replace(/<sym>dynamic(\w+)<\/sym>/g, function (all, letter) {
        return LETTERS[letter] || "";
    }));
}

function plain(text) {
    return text.replace(/<[^>]*>/g, "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, "\"")
        .replace(/&amp;/g, "&");
}
