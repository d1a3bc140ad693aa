package io.tokamak.client;

import io.tokamak.objects.ObjectId;
import java.util.List;

/** What a wait found, each list in the order asked for. */
public record WaitResult(List<ObjectId> ready, List<ObjectId> pending) {}
