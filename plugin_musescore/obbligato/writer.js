// Generated measures into the open score, note by note: for 4.x, and for 3.5+ as far as its interface goes.
//
// `list` is the bridge's write list. `target`: {
//   first:        measure of the open score, from 0, that the first of list.measures is for; the others stand as far behind it,
//   append:       so many measures are appended before,
//   staves:       {part index: [staves of the open score, from 0, the highest first]},
//   newParts:     [{part, instrumentId}], appended first,
//   replace:      whether notes may be overwritten,
//   name:         of the step of undo,
//   chordStaff:   the staff that chord symbols are written over where none stands yet; none without it}
//
// Nothing is kept of an element: it is sought by track and tick each time, for one that was overwritten or undone
// ends the program when it is touched.
//
// Times are fractions of a whole note, [numerator, denominator]. Values inside tuplets are the written ones.

var VOICES = 4;

// "" or why this program cannot.
function canWrite(api) {
    var score = api.curScore(), cursor = score && score.newCursor();
    if (!cursor)
        return "No score is open.";
    if (typeof score.startCmd !== "function" || typeof score.endCmd !== "function"
            || typeof cursor.rewindToTick !== "function" || typeof cursor.addTuplet !== "function"
            || typeof cursor.addRest !== "function" || typeof api.fraction !== "function"
            || typeof api.removeElement !== "function")
        return "This version cannot write notes into a score.";
    return "";
}

// {ok: true, remarks: [what could not be kept]} or {ok: false, reason}; then the score is as it was.
function write(api, list, target) {
    var job = {api: api, score: api.curScore(), list: list, target: target, staves: {}, left: {}};
    var why = "", done = false;
    try {
        why = canWrite(api);
        if (!why) {
            job.score.startCmd(target.name || "Obbligato");
            try {
                why = insert(job);
                done = !why;
            } finally {
                job.score.endCmd(!done);
            }
        }
    } catch (problem) {
        done = false;
        why = "The measures could not be written: " + (problem.message || problem) + ".";
    }
    return done ? {ok: true, remarks: remarks(job)} : {ok: false, reason: why};
}

function insert(job) {
    var lines, i, why;
    if (job.target.append)
        job.score.appendMeasures(job.target.append);
    why = misfit(job);
    if (why)
        return why;
    addParts(job);
    job.cursor = job.score.newCursor();
    lines = linesOf(job);
    if (job.target.replace)
        clear(job);
    for (i = 0; i < lines.length; i++)
        writeLine(job, lines[i]);
    for (i = 0; i < lines.length; i++)
        tieLine(job, lines[i]);
    if (typeof job.target.chordStaff === "number")
        writeChordSymbols(job);
    return difference(job, lines);
}

// --- fractions -------------------------------------------------------------------------------------------------

function fractionOf(numerator, denominator) {
    var a = Math.abs(numerator), b = denominator, c;
    while (b) {
        c = a % b;
        a = b;
        b = c;
    }
    return a ? [numerator / a, denominator / a] : [0, 1];
}

function plus(a, b) {
    return fractionOf(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
}

function minus(a, b) {
    return plus(a, [-b[0], b[1]]);
}

function times(a, n, d) {
    return fractionOf(a[0] * n, a[1] * d);
}

function compare(a, b) {
    return a[0] * b[1] - b[0] * a[1];
}

// Ticks as the program rounds them.
function ticks(job, time) {
    return Math.floor((2 * time[0] * 4 * job.api.division + time[1]) / (2 * time[1]));
}

// --- the list, placed in the score -------------------------------------------------------------------------------

// "" or why the list does not fit the open score.
function misfit(job) {
    var list = job.list, target = job.target, spans = measureSpans(job), i, span, part, staves;
    job.places = {};
    if (!list.measures.length)
        return "There are no measures to write.";
    for (i = 0; i < list.measures.length; i++) {
        span = spans[target.first + list.measures[i].index - list.measures[0].index];
        if (!span || span.end - span.tick !== ticks(job, list.measures[i].duration))
            return "Measure " + list.measures[i].number + " is not as long in the score as what was written for it.";
        job.places[list.measures[i].index] = {
            tick: span.tick, end: span.end, number: list.measures[i].number, length: list.measures[i].duration
        };
    }
    for (i = 0; i < list.parts.length; i++) {
        part = list.parts[i];
        staves = target.staves[part.index];
        if (!staves && !freshPart(job, part.index) || staves && staves.length !== part.staves)
            return "The part " + part.name + " has not the staves that were written for.";
        if (staves) {
            job.staves[part.index] = staves;
            if (!target.replace && !isSilent(job, staves))
                return "There are notes in these measures already.";
        }
    }
    for (i = 0; i < list.events.length; i++) {
        if (list.events[i].tuplet && list.events[i].tuplet.nested)
            return "Measure " + numberOf(job, list.events[i]) + " has a tuplet in a tuplet, which cannot be written.";
    }
    return "";
}

function numberOf(job, event) {
    return job.places[event.measure].number;
}

// {tick, end} of all measures of the score.
function measureSpans(job) {
    var found = [], measure = job.score.firstMeasure, next, tick;
    while (measure) {
        tick = measure.firstSegment.tick;
        next = measure.nextMeasure;
        found.push({tick: tick, end: next ? next.firstSegment.tick : job.score.lastSegment.tick});
        measure = next;
    }
    return found;
}

function freshPart(job, index) {
    return (job.target.newParts || []).filter(function (wanted) { return wanted.part === index; })[0];
}

// One line for each voice of each staff: its events in all measures, the first voices of the staves first.
function linesOf(job) {
    var lines = {}, order = [];
    job.list.events.forEach(function (event) {
        var staff = job.staves[event.part][event.staff - 1], track = staff * VOICES + event.voice - 1;
        if (!lines[track]) {
            lines[track] = {track: track, events: [], tuplets: 0};
            order.push(lines[track]);
        }
        if (event.tuplet && event.tuplet.index === 0)
            lines[track].tuplets += 1;
        lines[track].events.push(placed(job, event, track, event.tuplet ? lines[track].tuplets : 0));
        if (event.notes.some(function (note) { return note.staff !== event.staff; }))
            leave(job, "Written on the staff of their voice: notes of another staff", event);
    });
    return order.sort(function (a, b) { return a.track - b.track; });
}

// An event with its place in the score, and the ties that will have been made. `group` tells the tuplets of a line
// apart; 0 is outside.
function placed(job, event, track, group) {
    var place = job.places[event.measure];
    return {
        track: track,
        group: group,
        place: place,
        measure: event.measure,
        onset: event.onset,
        tick: place.tick + ticks(job, event.onset),
        end: place.tick + ticks(job, plus(event.onset, event.duration)),
        value: event.value,
        tuplet: event.tuplet,
        hidden: !event.visible,
        notes: event.notes.map(function (note) {
            return {
                pitch: note.pitch, tpc1: note.tpc1, tpc2: note.tpc2, tie: note.tie, tieBack: note.tie_back,
                tied: false, tiedBack: false
            };
        })
    };
}

// What could not be kept: one remark for each kind, with its measures.
function leave(job, kind, event) {
    var number = numberOf(job, event), numbers = job.left[kind] = job.left[kind] || [];
    if (numbers.indexOf(number) < 0)
        numbers.push(number);
}

function remarks(job) {
    return Object.keys(job.left).map(function (kind) {
        var numbers = job.left[kind];
        return kind + " (measure" + (numbers.length > 1 ? "s " : " ") + numbers.join(", ") + ").";
    });
}

// --- what stands in the score ------------------------------------------------------------------------------------

// Calls `visit(element, tick)` for the chords and rests of a track from one tick to another; it must change nothing.
function eachElement(job, track, from, to, visit) {
    var cursor = job.score.newCursor();
    seek(job, cursor, track, from);
    for (; cursor.segment && cursor.tick < to; cursor.next()) {
        if (cursor.tick >= from)
            visit(cursor.element, cursor.tick);
    }
}

function isChord(job, element) {
    return element.type === job.api.Element.CHORD;
}

function isRest(job, element) {
    return element.type === job.api.Element.REST;
}

// Puts the cursor on the element of a track that begins at a tick, and returns it; null if there is none.
function seek(job, cursor, track, tick) {
    cursor.track = track; // first: else the cursor stops at another voice's element
    cursor.rewindToTick(tick);
    return cursor.segment && cursor.tick === tick ? cursor.element : null;
}

// The chord of an event as it stands in the score.
function chordOf(job, event) {
    var element = seek(job, job.score.newCursor(), event.track, event.tick);
    return element && isChord(job, element) ? element : null;
}

function valueOf(element) {
    return fractionOf(element.duration.numerator, element.duration.denominator);
}

function isSilent(job, staves) {
    var silent = true;
    eachPlace(job, function (place) {
        staves.forEach(function (staff) {
            var voice;
            for (voice = 0; voice < VOICES; voice++) {
                eachElement(job, staff * VOICES + voice, place.tick, place.end, function (element) {
                    silent = silent && !isChord(job, element);
                });
            }
        });
    });
    return silent;
}

function eachPlace(job, visit) {
    job.list.measures.forEach(function (measure) {
        if (job.places[measure.index])
            visit(job.places[measure.index]);
    });
}

// --- parts -------------------------------------------------------------------------------------------------------

function addParts(job) {
    (job.target.newParts || []).forEach(function (wanted) {
        var part, staff, asked = job.list.parts.filter(function (p) { return p.index === wanted.part; })[0];
        job.score.appendPart(wanted.instrumentId);
        part = job.score.parts[job.score.parts.length - 1];
        // An instrument that it does not know becomes a nameless part with one staff.
        if (!part.longName || (part.endTrack - part.startTrack) / VOICES < asked.staves)
            throw new Error("this program has no instrument \"" + wanted.instrumentId + "\" for " + asked.name);
        job.staves[wanted.part] = [];
        for (staff = part.startTrack / VOICES; staff < part.endTrack / VOICES; staff++) {
            if (job.staves[wanted.part].length < asked.staves) // an organ may come with one more, for the pedals
                job.staves[wanted.part].push(staff);
            copyKeys(job, staff, asked.transposition);
        }
    });
}

// A new part comes without key signatures: those of the first staff, as its instrument reads them.
function copyKeys(job, staff, transposition) {
    var segment = job.score.firstMeasure.firstSegment, keys = [], element;
    var fifths = 7 * transposition.chromatic - 12 * transposition.diatonic;
    for (; segment; segment = segment.next) {
        element = segment.elementAt(0);
        if (element && element.type === job.api.Element.KEYSIG && !element.generated)
            keys.push([segment.tick, element.concertKey]);
    }
    keys.forEach(function (key) {
        var cursor = job.score.newCursor(), signature = job.api.newElement(job.api.Element.KEYSIG);
        seek(job, cursor, staff * VOICES, key[0]);
        signature.concertKey = key[1]; // before it is added: else it stays empty
        signature.actualKey = key[1] - fifths;
        cursor.add(signature);
    });
}

// --- notes and rests ---------------------------------------------------------------------------------------------

// Nothing but rests in the measures, and no other voice than the first.
function clear(job) {
    Object.keys(job.target.staves).forEach(function (part) {
        (job.staves[part] || []).forEach(function (staff) {
            eachPlace(job, function (place) {
                var voice;
                for (voice = VOICES - 1; voice >= 0; voice--)
                    clearVoice(job, staff * VOICES + voice, place);
            });
        });
    });
}

function clearVoice(job, track, place) {
    var cursor = job.score.newCursor();
    elementTicks(job, track, place).forEach(function (tick) {
        var element = seek(job, cursor, track, tick), outer;
        if (!element)
            return; // was in a tuplet that is gone
        outer = element.tuplet;
        while (outer && outer.tuplet)
            outer = outer.tuplet;
        if (outer || isChord(job, element))
            job.api.removeElement(outer || element); // leaves a rest
    });
    if (track % VOICES === 0)
        return;
    elementTicks(job, track, place).forEach(function (tick) {
        var element = seek(job, cursor, track, tick);
        if (element && !element.gap)
            job.api.removeElement(element);
    });
}

function elementTicks(job, track, span) {
    var found = [];
    eachElement(job, track, span.tick, span.end, function (element, tick) { found.push(tick); });
    return found;
}

function writeLine(job, line) {
    line.events.forEach(function (event, i) {
        if (i === 0 || line.events[i - 1].measure !== event.measure)
            toMeasure(job, event);
        if (job.cursor.tick !== event.tick || !job.cursor.segment)
            throw new Error("measure " + event.place.number + ": a note would have come to a wrong place");
        if (!event.value)
            writeMeasureRest(job, event);
        else {
            if (event.tuplet && event.tuplet.index === 0)
                addTuplet(job, event.tuplet);
            if (event.notes.length)
                writeChord(job, job.cursor, event);
            else
                writeRest(job, event);
        }
    });
    hideRests(job, line);
}

// A voice that is still empty in this measure begins where the first voice does.
function toMeasure(job, event) {
    seek(job, job.cursor, event.track - event.track % VOICES, event.place.tick);
    job.cursor.track = event.track;
}

function addTuplet(job, tuplet) {
    job.cursor.addTuplet(
        job.api.fraction(tuplet.actual, tuplet.normal), job.api.fraction(tuplet.duration[0], tuplet.duration[1])
    );
}

function writeChord(job, cursor, event) {
    cursor.setDuration(event.value[0], event.value[1]);
    event.notes.forEach(function (note, i) { cursor.addNote(note.pitch, i > 0); });
    spell(job, event);
}

// The spelling of the notes that are there; only then it can be set.
function spell(job, event) {
    var chord = chordOf(job, event);
    event.notes.forEach(function (note) {
        var found = chord && noteOf(chord, note.pitch);
        if (found) {
            found.tpc1 = note.tpc1;
            found.tpc2 = note.tpc2;
        }
    });
}

function noteOf(chord, pitch) {
    var i;
    for (i = 0; i < chord.notes.length; i++) {
        if (chord.notes[i].pitch === pitch)
            return chord.notes[i];
    }
    return null;
}

function writeRest(job, event) {
    var cursor = job.cursor, element = cursor.element, reader;
    if (element && isRest(job, element) && compare(valueOf(element), event.value) === 0)
        cursor.next();
    else if (event.tuplet) {
        // A rest is regrouped by the beats of the measure, which in a tuplet would break it; a removed note is not.
        cursor.setDuration(event.value[0], event.value[1]);
        cursor.addNote(60, false);
        reader = job.score.newCursor();
        job.api.removeElement(seek(job, reader, event.track, event.tick));
    } else {
        cursor.setDuration(event.value[0], event.value[1]);
        cursor.addRest();
    }
}

function writeMeasureRest(job, event) {
    var element = job.cursor.element, left = event.place.length, value;
    if (element && isRest(job, element) && endsAt(job, event))
        return;
    while (left[0] > 0) {
        value = longest(left);
        job.cursor.setDuration(value[0], value[1]);
        job.cursor.addRest();
        left = minus(left, value);
    }
}

// Whether nothing follows the first element in its measure.
function endsAt(job, event) {
    return elementTicks(job, event.track, event.place).length === 1;
}

// The longest value, with up to four dots, that fits.
function longest(time) {
    var value = [4, 1], dot, dots;
    while (compare(value, time) > 0)
        value = times(value, 1, 2);
    dot = value;
    for (dots = 0; dots < 4; dots++) {
        dot = times(dot, 1, 2);
        if (compare(plus(value, dot), time) > 0)
            break;
        value = plus(value, dot);
    }
    return value;
}

function hideRests(job, line) {
    line.events.forEach(function (event) {
        if (event.hidden) {
            elementTicks(job, line.track, event).forEach(function (tick) {
                seek(job, job.score.newCursor(), line.track, tick).visible = false;
            });
        }
    });
}

// --- ties --------------------------------------------------------------------------------------------------------
// No command is used, for most are refused while the panel is the active window. A chord that is made longer goes on
// as a tied chord where its value ends; a note entered over the end of its tuplet or measure does so too. The chord
// behind the tie is then given its own value and its other notes.

function tieLine(job, line) {
    var i;
    line.events.forEach(function (event, k) { tellLooseTies(job, line.events[k - 1], event, line.events[k + 1]); });
    for (i = 0; i + 1 < line.events.length; i++) {
        if (tiedNotes(line.events[i], line.events[i + 1]).length)
            i += tie(job, line, i);
    }
}

// Ties of a note that lead to no note of the voice, or come from none.
function tellLooseTies(job, before, event, next) {
    var on = next ? tiedNotes(event, next) : [], back = before ? tiedNotes(before, event) : [];
    if (event.notes.filter(function (note) { return note.tie; }).length > on.length
            || event.notes.filter(function (note) { return note.tieBack; }).length > back.length)
        leave(job, "Left out: ties from or to another voice or a measure that was not written", event);
}

// The notes of an event that are tied on to the next one.
function tiedNotes(event, next) {
    return event.notes.filter(function (note) {
        return next.tick === event.end && note.tie && continuation(next, note);
    });
}

function continuation(next, note) {
    return next.notes.filter(function (other) { return other.pitch === note.pitch && other.tieBack; })[0];
}

// Ties an event to the next one; by how much the line has become longer, less what has to be looked at again.
function tie(job, line, i) {
    var event = line.events[i], next = line.events[i + 1], tied = tiedNotes(event, next), made = false, kind, pieces;
    if (event.group === next.group)
        made = grow(job, event, next);
    if (!made && !event.group && event.measure === next.measure)
        kind = next.group && "Left out: ties into a tuplet";
    else if (!made && (event.group !== next.group || event.measure !== next.measure)) {
        if (event.notes.some(function (note) { return note.tiedBack; }))
            kind = "Left out: ties over the end of a tuplet or measure from a note that is tied itself";
        else
            made = spill(job, event, next);
    }
    if (made && settle(job, next, tied) && isTied(job, event, next, tied)) {
        tied.forEach(function (note) {
            note.tied = true;
            continuation(next, note).tiedBack = true;
        });
        return 0;
    }
    if (made)
        untie(job, line, i);
    if (!made && !kind && event.group === next.group && event.measure === next.measure) {
        pieces = tied.length === event.notes.length && tied.length === next.notes.length && regroup(job, line, i);
        if (pieces) {
            leave(job, "Grouped in another way: notes that are tied", event);
            return pieces - 2;
        }
    }
    leave(job, kind || "Left out: ties that this program cannot write", event);
    return 0;
}

// A longer chord goes on in a tied one. Inside a measure it is cut as the program likes; so it is made longer by as
// much as leaves the first value whole, and the second chord gets its value afterwards.
function grow(job, event, next) {
    var unit = [1, event.value[1]], crosses = event.measure !== next.measure;
    var more = [next.value, times(unit, 1, 4), times(unit, 8, 1), times(unit, 16, 1)].filter(function (time) {
        return crosses || compare(time, next.value) <= 0 && cutsAfter(job, event, time);
    })[0];
    return Boolean(more) && lengthen(job, event, plus(event.value, more));
}

// Whether the program cuts the value of an event and `more` between the two: it takes the longest value first, or
// last where the onset is no multiple of that.
function cutsAfter(job, event, more) {
    var whole = plus(event.value, more), first = longest(whole), rest = minus(whole, first);
    if (!rest[0] || compare(longest(rest), rest) !== 0)
        return false;
    return compare(ticks(job, event.onset) % ticks(job, first) ? rest : first, event.value) === 0;
}

// Versions before 4.6 refuse.
function lengthen(job, event, value) {
    try {
        chordOf(job, event).duration = job.api.fraction(value[0], value[1]);
    } catch (problem) {
        if (!(problem instanceof TypeError))
            throw problem;
        return false;
    }
    return true;
}

// Where the program does not cut between the two values: one sound that it cuts as it likes. The line gets its pieces
// in place of both events; so many they are, 0 if nothing came of it.
function regroup(job, line, i) {
    var event = line.events[i], next = line.events[i + 1], onset = event.onset, pieces = [];
    if (!lengthen(job, event, plus(event.value, next.value)))
        return 0;
    eachElement(job, line.track, event.tick, next.end, function (element, tick) {
        var value = valueOf(element), first = !pieces.length;
        pieces.push({
            track: line.track, group: event.group, place: event.place, measure: event.measure, onset: onset,
            tick: tick, value: value, tuplet: event.tuplet, hidden: false,
            notes: event.notes.map(function (note) {
                return {
                    pitch: note.pitch, tpc1: note.tpc1, tpc2: note.tpc2, tie: true, tieBack: true, tied: true,
                    tiedBack: !first || note.tiedBack
                };
            })
        });
        onset = plus(onset, event.tuplet ? times(value, event.tuplet.normal, event.tuplet.actual) : value);
    });
    pieces.forEach(function (piece, k) {
        var last = k === pieces.length - 1;
        piece.end = last ? next.end : pieces[k + 1].tick;
        if (last) {
            piece.notes.forEach(function (note) {
                note.tied = false;
                note.tie = continuation(next, note).tie;
            });
        }
        spell(job, piece);
    });
    line.events.splice.apply(line.events, [i, 2].concat(pieces));
    return pieces.length;
}

// A note entered anew that runs over the end of its tuplet or measure: by the next value, or by a dot.
function spill(job, event, next) {
    var value = [next.value, [1, 2 * event.value[1]]].filter(function (more) {
        return compare(more, next.value) <= 0;
    }).map(function (more) { return plus(event.value, more); }).filter(function (sum) {
        return compare(longest(sum), sum) === 0;
    })[0], cursor = job.score.newCursor();
    if (!value)
        return false;
    seek(job, cursor, event.track, event.tick);
    writeChord(job, cursor, {track: event.track, tick: event.tick, value: value, notes: event.notes});
    return true;
}

// Gives the chord behind a tie its own value, notes and spelling.
function settle(job, next, tied) {
    var chord = chordOf(job, next), wanted = tied.map(function (note) { return note.pitch; });
    if (!chord)
        return false;
    if (compare(valueOf(chord), next.value) !== 0 && !lengthen(job, next, next.value))
        return false;
    pitches(chordOf(job, next)).forEach(function (pitch) {
        if (wanted.indexOf(pitch) < 0)
            job.api.removeElement(noteOf(chordOf(job, next), pitch));
    });
    next.notes.forEach(function (note) {
        var added;
        if (wanted.indexOf(note.pitch) < 0) {
            // Not by the cursor, which would add it to the chord before the tie as well.
            added = job.api.newElement(job.api.Element.NOTE);
            added.pitch = note.pitch;
            added.tpc1 = note.tpc1;
            added.tpc2 = note.tpc2;
            chordOf(job, next).add(added);
        }
    });
    spell(job, next);
    return true;
}

function pitches(chord) {
    var found = [], i;
    for (i = 0; i < chord.notes.length; i++)
        found.push(chord.notes[i].pitch);
    return found;
}

// Whether two chords stand as wished, with these ties between them and no others.
function isTied(job, event, next, tied) {
    var first = chordOf(job, event), second = chordOf(job, next);
    return Boolean(first && second)
        && isWritten(first, event) && isWritten(second, next)
        && event.notes.every(function (note) {
            return Boolean(noteOf(first, note.pitch).tieForward) === tied.indexOf(note) >= 0;
        });
}

function isWritten(chord, event) {
    return compare(valueOf(chord), event.value) === 0
        && String(pitches(chord).sort(ascending))
            === String(event.notes.map(function (note) { return note.pitch; }).sort(ascending));
}

function ascending(a, b) {
    return a - b;
}

// Both chords anew, without the tie; the one that led to the first is lost with it.
function untie(job, line, i) {
    [line.events[i], line.events[i + 1]].forEach(function (event) {
        var cursor = job.score.newCursor();
        if (!seek(job, cursor, event.track, event.tick))
            throw new Error("measure " + event.place.number + ": a tie could not be taken back");
        writeChord(job, cursor, event);
    });
    line.events[i].notes.forEach(function (note) { note.tiedBack = false; });
    if (i > 0)
        line.events[i - 1].notes.forEach(function (note) { note.tied = false; });
}

// --- chord symbols -----------------------------------------------------------------------------------------------

function writeChordSymbols(job) {
    job.list.chords.forEach(function (chord) {
        var place = job.places[chord.measure], tick = place.tick + ticks(job, chord.onset);
        var cursor = toTick(job, tick), symbol;
        if (!cursor)
            return leave(job, "Left out: chord symbols where no note begins", chord);
        if (hasChordSymbol(job, cursor.segment))
            return;
        cursor.track = job.target.chordStaff * VOICES;
        symbol = job.api.newElement(job.api.Element.HARMONY);
        cursor.add(symbol);
        symbol.text = chord.text; // only now: before, the program ends
    });
}

function hasChordSymbol(job, segment) {
    var i;
    for (i = 0; i < segment.annotations.length; i++) {
        if (segment.annotations[i].type === job.api.Element.HARMONY)
            return true;
    }
    return false;
}

// A cursor at a tick where any voice has something, null elsewhere.
function toTick(job, tick) {
    var cursor = job.score.newCursor(), track;
    for (track = 0; track < job.score.nstaves * VOICES; track++) {
        if (seek(job, cursor, track, tick))
            return cursor;
    }
    return null;
}

// --- reading back ------------------------------------------------------------------------------------------------

// "" or where the score differs from what was to be written.
function difference(job, lines) {
    var wanted = {}, wrong = "", part;
    lines.forEach(function (line) {
        line.events.forEach(function (event) {
            if (event.notes.length)
                wanted[line.track + "/" + event.tick] = eventText(event);
        });
    });
    function check(staff, place) {
        var voice;
        for (voice = 0; voice < VOICES; voice++)
            eachElement(job, staff * VOICES + voice, place.tick, place.end, look(staff * VOICES + voice, place));
    }
    function look(track, place) {
        return function (element, tick) {
            var key = track + "/" + tick;
            if (!isChord(job, element))
                return;
            if (wanted[key] !== chordText(element))
                wrong = wrong || place.number;
            delete wanted[key];
        };
    }
    eachPlace(job, function (place) {
        for (part in job.staves)
            job.staves[part].forEach(function (staff) { check(staff, place); });
    });
    if (!wrong && Object.keys(wanted).length)
        wrong = missing(job, Number(Object.keys(wanted)[0].split("/")[1]));
    return wrong ? "Measure " + wrong + " did not come out as it was meant; nothing was written." : "";
}

function missing(job, tick) {
    var number = "";
    eachPlace(job, function (place) {
        if (place.tick <= tick && tick < place.end)
            number = place.number;
    });
    return number;
}

function eventText(event) {
    return text(event.value, event.tuplet && [event.tuplet.actual, event.tuplet.normal], event.notes.map(
        function (note) { return [note.pitch, note.tpc1, note.tpc2, note.tied, note.tiedBack]; }
    ));
}

function chordText(chord) {
    var notes = [], i, note;
    for (i = 0; i < chord.notes.length; i++) {
        note = chord.notes[i];
        notes.push([note.pitch, note.tpc1, note.tpc2, Boolean(note.tieForward), Boolean(note.tieBack)]);
    }
    return text(valueOf(chord), chord.tuplet && [chord.tuplet.actualNotes, chord.tuplet.normalNotes], notes);
}

function text(value, ratio, notes) {
    return JSON.stringify([value, ratio ? fractionOf(ratio[0], ratio[1]) : null, notes.sort(function (a, b) {
        return a[0] - b[0] || a[1] - b[1];
    })]);
}
