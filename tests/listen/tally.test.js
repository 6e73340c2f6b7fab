// What the listening page makes of answers.
"use strict";
const test = require("node:test");
const assert = require("node:assert");
const tally = require("../../docs/listen/tally.js");

const passage = (engine, title = "Lied", composer = "Someone") =>
    ({key: Buffer.from(JSON.stringify({engine, title, composer})).toString("base64")});
const PASSAGES = [0, 1, 0, 1, 0, 1].map((engine) => passage(engine));

test("the composer is found where the other side is the engine's", () => {
    const answers = {
        0: {which: "B", prefer: "A"},  // found, engine preferred
        1: {which: "B", prefer: "A"},  // not found, composer preferred
        2: {which: "?", prefer: "="},
        3: {which: "A", prefer: "B", known: true},  // set aside
        4: {which: "A", prefer: ""},  // not complete
    };
    assert.deepStrictEqual(tally.summary(PASSAGES, answers), {
        answered: 4, known: 1, right: 1, wrong: 1, untold: 1, engine: 1, composer: 1, equal: 1,
    });
    assert.deepStrictEqual(tally.judged(PASSAGES, answers).map((row) => row.passage), [1, 2, 3, 4]);
});

test("nothing answered is nothing counted", () => {
    assert.deepStrictEqual(new Set(Object.values(tally.summary(PASSAGES, {}))), new Set([0]));
});

test("what is hidden comes back in any language", () => {
    assert.deepStrictEqual(tally.revealed(passage(1, "Frühling", "Dvořák")), {engine: 1, title: "Frühling", composer: "Dvořák"});
});

test("the table quotes what it must", () => {
    const text = tally.csv([passage(0, 'Das "Lied"', "Schubert, Franz")], {0: {which: "A", prefer: "=", known: false}});
    const [head, row, rest] = text.split("\r\n");
    assert.strictEqual(head.split(",").length, 9);
    assert.strictEqual(row, '"1","Das ""Lied""","Schubert, Franz","A","A","=","false","wrong",""');
    assert.strictEqual(rest, "");
});

test("intervals that stand in tables", () => {
    const near = (k, n, low, high) => tally.interval(k, n).forEach((x, i) => assert.ok(Math.abs(x - [low, high][i]) < 5e-5, `${k}/${n}: ${x}`));
    near(10, 20, 0.2720, 0.7280);
    near(0, 20, 0, 0.1684);
    near(20, 20, 0.8316, 1);
    near(15, 20, 0.5090, 0.9134);
});
