package io.tokamak.cli;

import io.tokamak.objects.MediaType;
import java.util.Locale;

/**
 * Guesses a media type from a file's name, as far as a table of what people put into an object
 * store goes.
 */
final class FileTypes {
    private FileTypes() {}

    static MediaType of(String fileName) {
        int dot = fileName.lastIndexOf('.');
        return MediaType.of(
                switch (fileName.substring(dot + 1).toLowerCase(Locale.ROOT)) {
                    case "npy" -> "application/x-npy";
                    case "npz", "zip", "whl" -> "application/zip";
                    case "safetensors" -> "application/x-safetensors";
                    case "arrow", "feather" -> "application/vnd.apache.arrow.file";
                    case "arrows" -> "application/vnd.apache.arrow.stream";
                    case "parquet" -> "application/vnd.apache.parquet";
                    case "pkl", "pickle" -> "application/x-pickle";
                    case "onnx" -> "application/x-onnx";
                    case "h5", "hdf5" -> "application/x-hdf5";
                    case "avro" -> "application/avro";
                    case "json" -> "application/json";
                    case "jsonl", "ndjson" -> "application/x-ndjson";
                    case "yaml", "yml" -> "application/yaml";
                    case "xml" -> "application/xml";
                    case "pdf" -> "application/pdf";
                    case "wasm" -> "application/wasm";
                    case "gz" -> "application/gzip";
                    case "zst" -> "application/zstd";
                    case "tar" -> "application/x-tar";
                    case "txt", "log", "text" -> "text/plain";
                    case "md" -> "text/markdown";
                    case "csv" -> "text/csv";
                    case "html", "htm" -> "text/html";
                    case "css" -> "text/css";
                    case "js", "mjs" -> "text/javascript";
                    case "png" -> "image/png";
                    case "jpg", "jpeg" -> "image/jpeg";
                    case "gif" -> "image/gif";
                    case "webp" -> "image/webp";
                    case "svg" -> "image/svg+xml";
                    case "tif", "tiff" -> "image/tiff";
                    case "mp3" -> "audio/mpeg";
                    case "wav" -> "audio/wav";
                    case "flac" -> "audio/flac";
                    case "mp4" -> "video/mp4";
                    case "webm" -> "video/webm";
                    default -> null;
                });
    }
}
