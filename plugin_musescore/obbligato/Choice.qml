// One of several buttons that share a row.
import QtQuick 2.9
import QtQuick.Controls 2.2
import QtQuick.Layouts 1.3

Button {
    Layout.fillWidth: true
    Layout.preferredWidth: 40
}
