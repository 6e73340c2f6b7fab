// The plugin's modules, as QML imports them: plain scripts, one object of functions each.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

const FOLDER = path.join(__dirname, "..", "..", "plugin_musescore", "obbligato");

exports.load = function (name) {
    const context = vm.createContext({});
    vm.runInContext(fs.readFileSync(path.join(FOLDER, name), "utf8"), context, {filename: name});
    return context;
};
