package io.tokamak.values;

import io.tokamak.objects.MediaType;

/** An object of a media type that this program did not allow, or has no codec for. */
@SuppressWarnings("serial") // never serialized
public final class MediaTypeRefused extends ValueException {
    private final MediaType mediaType;

    private MediaTypeRefused(MediaType mediaType, String detail, String remedy) {
        super("media-type-refused", detail, remedy, null);
        this.mediaType = mediaType;
    }

    static MediaTypeRefused notAllowed(MediaType type) {
        return new MediaTypeRefused(
                type,
                "the object is " + type + ", which is not among the allowed media types",
                "allow(\""
                        + type.essence()
                        + "\") if you trust everybody who may put such objects");
    }

    static MediaTypeRefused noCodec(MediaType type) {
        String detail = "the object is " + type + ", for which there is no codec";
        String raw = "read its bytes: as byte[], or in place with TokamakClient.get";
        return type.essence().equals(MediaTypes.PICKLE.essence())
                ? new MediaTypeRefused(
                        type,
                        detail + ": a pickle is read by Python alone",
                        "put arrays, tables, JSON or text from Python; or " + raw)
                : new MediaTypeRefused(type, detail, "give one to the builder; or " + raw);
    }

    /** What the object is. */
    public MediaType mediaType() {
        return mediaType;
    }
}
