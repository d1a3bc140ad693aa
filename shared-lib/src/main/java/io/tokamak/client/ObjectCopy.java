package io.tokamak.client;

import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;

/**
 * A small object that was copied out of the pool: nothing is pinned for it.
 *
 * @param incarnation which creation of this id
 * @param payload the caller's own
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ObjectCopy(ObjectId id, long incarnation, ObjectMetadata metadata, byte[] payload) {}
