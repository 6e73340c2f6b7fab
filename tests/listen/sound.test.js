// The sound of the listening page, as far as it can be heard without a browser.
"use strict";
const test = require("node:test");
const assert = require("node:assert");
const sound = require("../../docs/listen/sound.js");

const RATE = 44100;
const KEYS = [21, 36, 48, 60, 69, 84, 96, 108];

// How much of a frequency there is in a second of samples (a Fourier coefficient, windowed).
function share(samples, frequency) {
    let re = 0, im = 0;
    for (let i = 0; i < RATE; i++) {
        const window = Math.sin(Math.PI * i / RATE) ** 2, turn = 2 * Math.PI * frequency * i / RATE;
        re += window * samples[i] * Math.cos(turn);
        im += window * samples[i] * Math.sin(turn);
    }
    return Math.hypot(re, im);
}

const loudness = (samples, from, to) =>
    Math.sqrt(samples.slice(from * RATE, to * RATE).reduce((sum, x) => sum + x * x, 0) / ((to - from) * RATE));

test("keys are tuned to a' = 440", () => {
    assert.strictEqual(sound.frequency(69), 440);
    assert.ok(Math.abs(sound.frequency(60) - 261.6256) < 1e-3);
});

for (const key of KEYS) {
    test(`key ${key} is in tune, begins softly and dies away`, () => {
        const tone = sound.pianoTone(key, RATE), f = sound.frequency(key);
        let peak = 0;
        for (const sample of tone) peak = Math.max(peak, Math.abs(sample));
        assert.ok(Math.abs(peak - 1) < 1e-6);
        assert.strictEqual(Math.abs(tone[0]), 0);
        assert.ok(Math.abs(tone.at(-1)) < 1e-3);
        const semitone = 2 ** (1 / 12);
        assert.ok(share(tone, f) > 5 * Math.max(share(tone, f * semitone), share(tone, f / semitone)));
        assert.ok(loudness(tone, 0.02, 0.2) > 1.5 * loudness(tone, 1.5, 2));
    });
}

test("a key sounds the same each time", () => {
    assert.deepStrictEqual(sound.pianoTone(60, RATE), sound.pianoTone(60, RATE));
});
