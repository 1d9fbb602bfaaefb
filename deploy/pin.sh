#!/bin/sh
# Pin the base images to the digests that their tags have now, in Dockerfile and both compose files; run it again to bring them
# up to date. Needs docker with buildx, and the registry; writes nothing unless every digest is known.
set -eu
cd "${1:-$(dirname "$0")/..}"

images=$(sed -n -E 's/^(FROM|    image:) ([a-z0-9._\/-]+:[A-Za-z0-9._-]+)(@.*| .*)?$/\2/p' Dockerfile compose.yaml compose.many.yaml | sort -u)
pins=
for image in $images; do
    digest=$(docker buildx imagetools inspect "$image" --format '{{.Manifest.Digest}}') || digest=
    if ! printf '%s\n' "$digest" | grep -Eqx 'sha256:[0-9a-f]{64}'; then
        echo "No digest of $image can be had (see above); nothing is pinned." >&2
        exit 1
    fi
    echo "$image@$digest"
    pins="$pins;s|$image(@sha256:[0-9a-f]*)?( \|\$)|$image@$digest\\2|"
done
for file in Dockerfile compose.yaml compose.many.yaml; do
    sed -E "${pins#;}" "$file" > "$file.new"
    cat "$file.new" > "$file"
    rm "$file.new"
done
