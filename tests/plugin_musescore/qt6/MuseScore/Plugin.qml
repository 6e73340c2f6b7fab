// Stands in for the type that plugins are made of: what 4.x gives them, with no score open.
import QtQuick 2.9

Item {
    property string menuPath
    property string description
    property string version
    property string pluginType
    property bool requiresScore
    property var curScore: null
    property int division: 480
    property int mscoreMajorVersion: 4
    property int mscoreMinorVersion: 6
    property int mscoreUpdateVersion: 5
    signal run()
    function newElement(type) { return null; }
    function removeElement(element) {}
    function fraction(numerator, denominator) { return {numerator: numerator, denominator: denominator}; }
    function fractionFromTicks(ticks) { return {ticks: ticks}; }
    function cmd(name) {}
    function readScore(path) { return null; }
    function writeScore(score, path, kind) { return false; }
    function closeScore(score) {}
}
