package io.tokamak.node.objects;

import io.tokamak.objects.ObjectId;

/** A name that somebody is writing an object for. */
record Reservation(ObjectId id, int sessionNumber, long sinceMillis) {}
