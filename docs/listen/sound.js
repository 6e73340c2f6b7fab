// The page's sound: a piano and a soft lead, both made of sines, and a player that sounds one thing at a time.
"use strict";

const sound = (() => {
    const frequency = (key) => 440 * 2 ** ((key - 69) / 12);
    const PARTIALS = 14;
    const STRIKE = 1 / 7.3;  // where on the string the hammer falls: partials with a node there are weak
    const SECONDS = 4;  // that a string rings at most
    const RINGING = 0.6;  // seconds from the end of the last measure to silence

    // A piano string struck and left to ring, as samples in [-1, 1]. Partials are a little sharp of the harmonics, as
    // stiffness makes them, and the higher they are the sooner they die (Fletcher and Rossing, The Physics of Musical
    // Instruments, 12.3).
    function pianoTone(key, rate) {
        const f = frequency(key), stiffness = 0.00025 * 2 ** ((key - 60) / 10);
        const tone = new Float32Array(Math.round(SECONDS * rate));
        for (let n = 1; n <= PARTIALS; n++) {
            const partial = f * n * Math.sqrt(1 + stiffness * n * n);
            if (partial > 0.45 * rate) break;
            const loudness = Math.abs(Math.sin(Math.PI * n * STRIKE)) / n ** (0.9 + key / 160);
            const ring = 1.9 * 2 ** ((48 - key) / 20) / (1 + 0.18 * (n - 1));  // seconds to 1/e
            addDecaying(tone, partial / rate, loudness, ring * rate);
        }
        addHammer(tone, rate);
        return levelled(tone, rate);
    }

    // A sine that dies away, by recursion: each sample is made of the two before it.
    function addDecaying(tone, cyclesPerSample, loudness, ring) {
        const turn = 2 * Math.PI * cyclesPerSample, decay = Math.exp(-1 / ring);
        const first = 2 * decay * Math.cos(turn), second = decay * decay;
        let before = 0, now = loudness * Math.sin(turn);
        for (let i = 1; i < tone.length; i++) {
            tone[i] += now;
            [before, now] = [now, first * now - second * before];
        }
    }

    // The knock of the key, always the same noise.
    function addHammer(tone, rate) {
        let state = 1, low = 0;
        for (let i = 0; i < 0.03 * rate; i++) {
            state = (state * 16807) % 2147483647;
            low += 0.12 * (state / 1073741823.5 - 1 - low);
            tone[i] += 0.25 * low * Math.exp(-i / (0.006 * rate));
        }
    }

    // Peak 1, with a soft beginning of two milliseconds and a soft end.
    function levelled(tone, rate) {
        const rise = 0.002 * rate, fall = 0.3 * rate;
        let peak = 0;
        for (let i = 0; i < tone.length; i++) {
            tone[i] *= Math.min(1, i / rise, (tone.length - i) / fall);
            peak = Math.max(peak, Math.abs(tone[i]));
        }
        return tone.map((sample) => sample / peak);
    }

    let context = null, lead = null, hall = null;
    const tones = new Map();  // keys -> buffers

    function ready() {
        if (!context) {
            context = new AudioContext();
            lead = context.createPeriodicWave(new Float32Array(7), Float32Array.of(0, 1, 0.32, 0.2, 0.07, 0.04, 0.02));
            hall = new GainNode(context, {gain: 0.75});  // twelve notes at once stay below full level
            const room = new ConvolverNode(context, {buffer: echoes()}), wet = new GainNode(context, {gain: 0.22});
            const even = new DynamicsCompressorNode(context, {threshold: -14, ratio: 3});
            hall.connect(even).connect(context.destination);
            hall.connect(room).connect(wet).connect(even);
        }
        return context.resume();
    }

    // A small hall: noise that dies away within a second.
    function echoes() {
        const rate = context.sampleRate, buffer = context.createBuffer(2, rate, rate);
        for (const channel of [0, 1]) {
            const data = buffer.getChannelData(channel);
            for (let i = 0; i < rate; i++) data[i] = (2 * Math.random() - 1) * Math.exp(-5 * i / rate);
        }
        return buffer;
    }

    function buffered(key) {
        if (!tones.has(key)) {
            const samples = pianoTone(key, context.sampleRate);
            const buffer = context.createBuffer(1, samples.length, context.sampleRate);
            buffer.copyToChannel(samples, 0);
            tones.set(key, buffer);
        }
        return tones.get(key);
    }

    function playPiano(out, key, start, end) {
        const source = new AudioBufferSourceNode(context, {buffer: buffered(key)});
        const damper = new GainNode(context, {gain: 0.2});
        damper.gain.setValueAtTime(0.2, end);
        damper.gain.setTargetAtTime(0, end, 0.09);
        source.connect(damper).connect(out);
        source.start(start);
        source.stop(end + 0.7);
    }

    function playLead(out, key, start, end) {
        const voice = new OscillatorNode(context, {frequency: frequency(key)});
        voice.setPeriodicWave(lead);
        const breath = new GainNode(context, {gain: 0});
        breath.gain.setValueAtTime(0, start);
        breath.gain.setTargetAtTime(0.17, start, 0.025);
        breath.gain.setTargetAtTime(0, Math.max(end - 0.05, start + 0.05), 0.05);
        const vibrato = new OscillatorNode(context, {frequency: 5.2}), depth = new GainNode(context, {gain: 0});
        depth.gain.setValueAtTime(0, start + 0.25);
        depth.gain.linearRampToValueAtTime(14, start + 0.8);  // cents
        vibrato.connect(depth).connect(voice.detune);
        voice.connect(breath).connect(out);
        for (const oscillator of [voice, vibrato]) {
            oscillator.start(start);
            oscillator.stop(end + 0.4);
        }
    }

    let current = null;  // what sounds: {out, timer, ended}

    // Sound a melody and an accompaniment, notes of [start, length, key] in quarters, at so many quarters a minute.
    // `onMeasure` is called with the index of each measure as it begins, `onEnd` once, also when it is stopped.
    async function play({melody, notes, starts, pace}, onMeasure, onEnd) {
        stop();
        const own = current = {out: null, timer: 0, ended: onEnd};
        await ready();
        if (current !== own) return;
        for (const [, , key] of notes) buffered(key);
        const quarter = 60 / pace, begin = context.currentTime + 0.12;
        own.out = new GainNode(context);
        own.out.connect(hall);
        const sounding = (player) => ([start, length, key]) =>
            player(own.out, key, begin + start * quarter, begin + (start + length) * quarter);
        melody.forEach(sounding(playLead));
        notes.forEach(sounding(playPiano));
        let measure = -1;
        own.timer = setInterval(() => {
            const now = (context.currentTime - begin) / quarter;
            const here = starts.findLastIndex((start) => start <= now);
            if (here >= starts.length - 1) return (now - starts.at(-1)) * quarter > RINGING ? stop() : undefined;
            if (here > measure) onMeasure(measure = here);
        }, 30);
    }

    function stop() {
        if (!current) return;
        const {out, timer, ended} = current;
        current = null;
        clearInterval(timer);
        if (out) {
            out.gain.setTargetAtTime(0, context.currentTime, 0.02);  // at once it would click
            setTimeout(() => out.disconnect(), 200);
        }
        ended();
    }

    return {frequency, pianoTone, play, stop};
})();

if (typeof module !== "undefined") module.exports = sound;
