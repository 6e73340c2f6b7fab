# A piano part for measures 1-4, with curl and jq. BRIDGE is the path of bridge.json.
url=$(jq -r .url "$BRIDGE")
auth="Authorization: Bearer $(jq -r .token "$BRIDGE")"

job=$url$(curl -sS -D - -o answer.json -H "$auth" "$url/api/v1/jobs" \
    -F task=accompany -F 'passage={"measures": "1-4"}' -F 'options={"add": ["piano"], "seed": 7}' \
    -F score=@"$SCORE" | tr -d '\r' | sed -n 's/^location: //Ip')

curl -sS -N -H "$auth" "$job/events"                                  # follows the job to its end
curl -sS -H "$auth" "$job/takes/1?format=score" -o accompanied.musicxml
curl -sS -H "$auth" "$job/takes/1?format=midi" -o accompanied.mid
