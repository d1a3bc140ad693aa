package io.tokamak.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.tokamak.index.IndexWriter;
import io.tokamak.layout.IndexFile;
import io.tokamak.layout.PoolFile;
import io.tokamak.layout.SessionFile;
import io.tokamak.layout.StoreFile;
import io.tokamak.memory.OpenFile;
import io.tokamak.objects.Group;
import io.tokamak.objects.ObjectId;
import io.tokamak.objects.ObjectMetadata;
import io.tokamak.objects.ObjectName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoreCheckerTest {
    private static final long POOL = 8 << 20;

    @TempDir Path parent;

    private TestStore store;

    @BeforeEach
    void makeStore() throws IOException {
        store = new TestStore(parent, POOL);
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** Exactly this problem, and no other, is found. */
    private void assertFound(Check check) throws IOException {
        StoreReport report = store.check();
        assertThat(report.findings(Severity.WARNING))
                .extracting(Finding::check)
                .containsOnly(check);
    }

    private void assertSound() throws IOException {
        assertThat(store.check().findings(Severity.WARNING)).isEmpty();
    }

    private static ObjectMetadata named(String key) {
        return ObjectMetadata.named(new ObjectName("tests", key));
    }

    private static ObjectId idOf(ObjectMetadata metadata) {
        return ObjectId.named(Objects.requireNonNull(metadata.name()));
    }

    @Nested
    class OfAStoreInOrder {
        @Test
        @DisplayName("I28: every byte is in use, free, leased, condemned or withheld")
        void ledger() throws IOException {
            store.put(100);
            store.put(nextPlain(), ObjectMetadata.PLAIN, 5000, IndexFile.CONDEMNED);
            store.put(idOf(named("claimed")), named("claimed"), 10, IndexFile.CLAIMING);
            long used = store.end - PoolFile.DATA_OFFSET;
            store.blockBoundary();
            TestStore.Session session = store.session(3);
            session.lend(0, 1, store.end, 65536, 0, 0);
            session.pin(0, PoolFile.DATA_OFFSET);
            long free = store.end + 100 * 4096;
            session.pin(1, free);

            StoreReport report = store.check();

            assertThat(report.findings(Severity.WARNING)).isEmpty();
            StoreReport.Ledger ledger = report.ledger();
            assertThat(ledger.capacity()).isEqualTo(POOL - 4096);
            assertThat(ledger.inUse() + ledger.condemned()).isEqualTo(used);
            assertThat(ledger.condemned()).isEqualTo(5056 + 32 - 48 + 16);
            assertThat(ledger.leased()).isEqualTo(65536);
            assertThat(ledger.withheld()).isEqualTo(POOL - free);
            assertThat(ledger.pinned()).isEqualTo(PoolFile.recordEnd(0, 0, 100));
            assertThat(ledger.sum()).isEqualTo(ledger.capacity());
            assertThat(ledger.objects()).isEqualTo(1);
            assertThat(report.sessions())
                    .singleElement()
                    .satisfies(
                            seen -> {
                                assertThat(seen.number()).isEqualTo(3);
                                assertThat(seen.alive()).isTrue();
                                assertThat(seen.pins()).isEqualTo(2);
                                assertThat(seen.leasedBytes()).isEqualTo(65536);
                            });
            assertThat(report.nodeAlive()).isTrue();
        }

        private ObjectId nextPlain() {
            return store.nextId();
        }

        @Test
        void manyObjectsOfAllKindsInAGrownIndex() throws IOException {
            Random random = new Random(42);
            for (int i = 0; i < 20_000; i++) {
                ObjectMetadata metadata = i % 3 == 0 ? named("key/" + i) : ObjectMetadata.PLAIN;
                if (i % 5 == 0) {
                    metadata = metadata.withGroup(new Group("tests", "five"));
                }
                ObjectId id = metadata.name() == null ? store.nextId() : idOf(metadata);
                store.put(id, metadata, random.nextInt(300), IndexFile.SEALED);
                store.writer.grow(4);
            }
            StoreReport report = store.check();
            assertThat(report.findings()).isEmpty();
            assertThat(report.ledger().objects()).isEqualTo(20_000);
            assertThat(report.ledger().inUse()).isEqualTo(store.end - PoolFile.DATA_OFFSET);
        }

        @Test
        @DisplayName(
                "a name that was deleted while pinned, put again, and is claimed by a third, has"
                        + " three slots")
        void oneNameThreeSlots() throws IOException {
            store.put(idOf(named("a")), named("a"), 10, IndexFile.CONDEMNED);
            store.put(idOf(named("a")), named("a"), 10, IndexFile.SEALED);
            store.put(idOf(named("a")), named("a"), 10, IndexFile.CLAIMING);
            assertSound();
        }

        @Test
        void payloadsAreShownToWhoWantsToSeeThem() throws IOException {
            long slot = store.put(1000);
            long payload =
                    PoolFile.payloadOffset(
                            store.index.getLong(slot + IndexFile.LOCATION_OFFSET), 0, 1000);
            store.pool.putByte(payload + 999, (byte) 7);
            AtomicLong seen = new AtomicLong();
            StoreReport report =
                    StoreChecker.check(
                            store.folder,
                            StoreChecker.Mode.STRICT,
                            (id, metadata, bytes) -> {
                                seen.set(bytes.byteSize());
                                return bytes.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 999) == 7
                                        ? "byte 999 is 7"
                                        : null;
                            });
            assertThat(seen).hasValue(1000);
            assertThat(report.findings(Severity.ERROR))
                    .singleElement()
                    .satisfies(
                            f -> {
                                assertThat(f.check()).isEqualTo(Check.PAYLOAD);
                                assertThat(f.what()).endsWith("byte 999 is 7");
                            });
        }

        @Test
        @DisplayName(
                "I21: what a node published and died before it said so may be in index and lane")
        void publishedAndUndrained() throws IOException {
            store.put(10);
            store.blockBoundary();
            long start = store.end;
            store.put(500);
            long tail = store.writeRecord(store.end, store.nextId(), new byte[0], 40);
            store.session(1).lend(2, 5, start, 8192, 0, tail - start);
            StoreReport report = store.check();
            assertThat(report.findings(Severity.WARNING)).isEmpty();
            assertThat(report.findings())
                    .extracting(Finding::check)
                    .containsOnly(Check.LANE_UNDRAINED);
            assertThat(report.ledger().leased()).isEqualTo(8192 - (store.end - start));
        }

        @Test
        void aLaneWithItsNextExtentOffered() throws IOException {
            TestStore.Session session = store.session(1);
            session.lend(0, 65535, 8192, 8192, 4096, 4096);
            session.offer(0, 65536, 16384, 16384);
            StoreReport report = store.check();
            assertThat(report.findings()).isEmpty();
            assertThat(report.ledger().leased()).isEqualTo(4096 + 16384);
        }

        @Test
        void aSpilledObjectHasNoBytesInThePool() throws IOException {
            store.insert(store.nextId(), -1, 0, 1 << 30, IndexFile.SPILLED, 0);
            StoreReport report = store.check();
            assertThat(report.findings()).isEmpty();
            assertThat(report.ledger().spilled()).isEqualTo(1);
            assertThat(report.ledger().free()).isEqualTo(POOL - 4096);
        }

        @Test
        void anObjectLargerThanAQuarterOfAGibibyte() throws IOException {
            store.close();
            parent = Files.createDirectory(parent.resolve("large"));
            store = new TestStore(parent, 1L << 30);
            store.put(600 << 20);
            store.put(300 << 20);
            StoreReport report = store.check();
            assertThat(report.findings()).isEmpty();
            assertThat(report.ledger().inUse()).isEqualTo(store.end - PoolFile.DATA_OFFSET);
        }
    }

    @Nested
    class OfFiles {
        @ParameterizedTest
        @ValueSource(strings = {"lock", "nonce", "store", "index", "pool", "sessions"})
        void missing(String name) throws IOException {
            Files.delete(store.folder.path().resolve(name));
            assertFound(Check.FILE_MISSING);
        }

        @Test
        void noFolder() throws IOException {
            store.close();
            Path nowhere = parent.resolve("nowhere");
            assertThat(
                            StoreChecker.check(
                                            new io.tokamak.layout.Folder(nowhere),
                                            StoreChecker.Mode.LIVE)
                                    .findings())
                    .extracting(Finding::check)
                    .containsExactly(Check.FILE_MISSING);
        }

        @ParameterizedTest
        @ValueSource(strings = {"lock", "nonce", "store", "index", "pool"})
        @DisplayName("I16: a link in place of a file is not followed")
        void link(String name) throws IOException {
            Path file = store.folder.path().resolve(name);
            Files.move(file, parent.resolve("elsewhere"));
            Files.createSymbolicLink(file, parent.resolve("elsewhere"));
            assertFound(Check.FILE_KIND);
        }

        @ParameterizedTest
        @ValueSource(strings = {".", "lock", "nonce", "store", "index", "pool", "sessions"})
        @DisplayName("I16: others may do no more than the design allows")
        void mode(String name) throws IOException {
            Files.setPosixFilePermissions(
                    store.folder.path().resolve(name),
                    PosixFilePermissions.fromString("rwxrwxrwx"));
            assertFound(Check.FILE_MODE);
        }

        @ParameterizedTest
        @ValueSource(strings = {"store", "index", "pool"})
        @DisplayName("I32: lengths are what the store says")
        void length(String name) throws IOException {
            try (OpenFile file = OpenFile.openReadWrite(store.folder.path().resolve(name))) {
                file.setSize(file.size() - 4096);
            }
            assertFound(Check.FILE_LENGTH);
        }

        @Test
        void unfinished() throws IOException {
            store.store.putLong(StoreFile.LAYOUT_OFFSET, 0);
            assertFound(Check.LAYOUT);
        }

        @Test
        void ofAnotherBoot() throws IOException {
            store.store.putLong(StoreFile.BOOT_ID_OFFSET, 1);
            assertFound(Check.BOOT_ID);
        }

        @Test
        void impossibleSizes() throws IOException {
            store.store.putLong(StoreFile.BUCKET_LIMIT_OFFSET, -5);
            assertFound(Check.STORE_WORDS);
        }

        @Test
        void retired() throws IOException {
            store.store.putInt(StoreFile.RETIRED_OFFSET, 1);
            assertFound(Check.STORE_RETIRED);
        }
    }

    @Nested
    class OfTheIndex {
        @Test
        void levelBeyondTheFile() throws IOException {
            store.store.putLong(StoreFile.LEVEL_SPLIT_OFFSET, IndexFile.levelSplit(39, 0, 0));
            assertFound(Check.LEVEL_SPLIT);
        }

        @Test
        void overflowBeyondTheFile() throws IOException {
            store.store.putLong(StoreFile.OVERFLOW_USED_OFFSET, store.overflowLimit + 1);
            assertFound(Check.LEVEL_SPLIT);
        }

        @Test
        void unknownState() throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot, IndexFile.stateWord(9, 5));
            assertFound(Check.SLOT_STATE);
        }

        @Test
        @DisplayName("I8: a slot in use had a generation")
        void noGeneration() throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot, IndexFile.stateWord(IndexFile.SEALED, 0));
            assertFound(Check.SLOT_STATE);
        }

        @Test
        @DisplayName("I7: a slot in another bucket is found by no look-up")
        void wrongBucket() throws IOException {
            long slot = store.put(10);
            long other = (slot + 5 * IndexFile.BUCKET_BYTES) % IndexFile.bucketOffset(64);
            copySlot(slot, other);
            store.index.putLong(slot, IndexFile.stateWord(IndexFile.EMPTY, 2));
            assertFound(Check.SLOT_BUCKET);
        }

        @Test
        @DisplayName("I4: two current slots of one id")
        void twice() throws IOException {
            store.put(idOf(named("a")), named("a"), 10, IndexFile.SEALED);
            store.put(idOf(named("a")), named("a"), 10, IndexFile.SEALED);
            assertFound(Check.ID_TWICE);
        }

        @Test
        void kindOfIdThatNoObjectHas() throws IOException {
            store.put(new ObjectId(9L << 56, 5), ObjectMetadata.PLAIN, 10, IndexFile.SEALED);
            assertFound(Check.ID_KIND);
        }

        @Test
        void incarnationNeverHandedOut() throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot + IndexFile.INCARNATION_OFFSET, Long.MAX_VALUE);
            assertFound(Check.INCARNATION);
        }

        @ParameterizedTest
        @ValueSource(ints = {IndexFile.FLAG_GROUP, 1 << 9})
        void flags(int flags) throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot + IndexFile.LENGTH_OFFSET, IndexFile.lengthWord(10, flags));
            assertFound(Check.FLAGS);
        }

        @Test
        void slotsBeyondTheAddressableBuckets() throws IOException {
            long slot = store.put(10);
            long beyond = IndexFile.bucketOffset(300);
            copySlot(slot, beyond);
            assertFound(Check.SLOT_UNREACHABLE);
        }

        @Test
        void slotsBeyondTheOverflowBucketsInUse() throws IOException {
            long slot = store.put(10);
            copySlot(slot, IndexFile.overflowOffset(store.bucketLimit, 1000));
            assertFound(Check.SLOT_UNREACHABLE);
        }

        @Test
        void aSlotInTheNextBucketThatIsNowhereElse() throws IOException {
            long slot = store.put(10);
            copySlot(slot, IndexFile.bucketOffset(64));
            store.writer.empty(slot);
            assertFound(Check.SLOT_UNREACHABLE);
        }

        @Test
        void aCopyInTheNextBucketIsASplitUnderWay() throws IOException {
            long slot = store.put(10);
            copySlot(slot, IndexFile.bucketOffset(64));
            StoreReport report = store.check();
            assertThat(report.findings())
                    .singleElement()
                    .satisfies(
                            f -> {
                                assertThat(f.check()).isEqualTo(Check.SPLIT_UNFINISHED);
                                assertThat(f.severity()).isEqualTo(Severity.INFO);
                            });
        }

        @Nested
        class WithChains {
            private long bucket;
            private long link;

            /** Five objects of one bucket need an overflow bucket; nine need two. */
            @BeforeEach
            void fillOneBucket() {
                bucket = store.bucketOf(store.nextId());
                for (int found = 0; found < 9; ) {
                    ObjectId id = store.nextId();
                    if (store.bucketOf(id) == bucket) {
                        store.put(id, ObjectMetadata.PLAIN, 20, IndexFile.SEALED);
                        found++;
                    }
                }
                link = IndexFile.bucketLinkOffset(store.bucketLimit, store.overflowLimit, bucket);
                assertThat(store.index.getInt(link)).isEqualTo(1);
            }

            private long overflowLink(long overflow) {
                return IndexFile.overflowLinkOffset(
                        store.bucketLimit, store.overflowLimit, overflow);
            }

            @Test
            void inOrder() throws IOException {
                assertSound();
            }

            @Test
            void outOfRange() throws IOException {
                store.index.putInt(overflowLink(1), 77);
                assertFound(Check.LINK_RANGE);
            }

            @Test
            void cycle() throws IOException {
                store.index.putInt(overflowLink(1), 1);
                assertFound(Check.LINK_TWICE);
            }

            @Test
            void sharedByTwoBuckets() throws IOException {
                store.index.putInt(
                        IndexFile.bucketLinkOffset(
                                store.bucketLimit, store.overflowLimit, (bucket + 1) % 64),
                        2);
                assertThat(store.check().findings(Severity.ERROR))
                        .extracting(Finding::check)
                        .contains(Check.LINK_TWICE);
            }

            @Test
            void lost() throws IOException {
                store.index.putInt(overflowLink(0), 0);
                assertFound(Check.SLOT_UNREACHABLE);
            }

            @Test
            void aLinkLeftInABucketThatIsFree() throws IOException {
                store.store.putLong(StoreFile.OVERFLOW_USED_OFFSET, 3);
                store.index.putInt(overflowLink(2), 2);
                assertFound(Check.LINK_LEFT_OVER);
                store.killNode();
                assertSound();
            }
        }

        private void copySlot(long source, long target) {
            for (long field = 0; field < IndexFile.SLOT_BYTES; field += Long.BYTES) {
                store.index.putLong(target + field, store.index.getLong(source + field));
            }
        }
    }

    /**
     * I29: what a node that is killed at a step of a split leaves is repaired at the next start,
     * and is no error.
     */
    @ParameterizedTest
    @ValueSource(strings = {"split.copied", "split.advanced", "split.shortening"})
    void splitCutShort(String cut) throws IOException {
        store.close();
        parent = Files.createDirectory(parent.resolve("split"));
        AtomicBoolean reached = new AtomicBoolean();
        store =
                new TestStore(
                        parent,
                        POOL,
                        step -> {
                            if (step.equals(cut) && hasMoved()) {
                                reached.set(true);
                                throw new Killed();
                            }
                        });
        for (int i = 0; i < 50_000 && !reached.get(); i++) {
            store.put(16);
            try {
                store.writer.grow(1);
            } catch (Killed killed) {
                break;
            }
        }
        assertThat(reached).isTrue();
        long bytes = store.end - PoolFile.DATA_OFFSET;

        StoreReport beside = store.check();
        assertThat(beside.findings())
                .extracting(Finding::check)
                .containsOnly(Check.SPLIT_UNFINISHED);
        store.killNode();
        StoreReport after = store.check();

        assertThat(after.findings(Severity.WARNING)).isEmpty();
        assertThat(after.findings())
                .extracting(Finding::check)
                .contains(Check.SPLIT_UNFINISHED, Check.NODE_AWAY);
        assertThat(after.ledger().inUse()).isEqualTo(bytes);
        assertThat(new IndexWriter(store.store, store.index, (_, _) -> true, _ -> {}).recover())
                .isTrue();
        assertThat(store.check().findings())
                .extracting(Finding::check)
                .containsOnly(Check.NODE_AWAY);
    }

    /** Not the first split, which may have nothing to move. */
    private boolean hasMoved() {
        return store != null && store.writer.count() > 1000;
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Nested
    class OfRecords {
        @ParameterizedTest
        @ValueSource(longs = {0, 16, 4104, POOL, POOL - 16, -4096, 1L << 50})
        @DisplayName("I9: a record lies within the pool, at a multiple of 16")
        void bounds(long location) throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot + IndexFile.LOCATION_OFFSET, location);
            assertFound(Check.RECORD_BOUNDS);
        }

        @Test
        void longerThanThePool() throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot + IndexFile.LENGTH_OFFSET, IndexFile.PAYLOAD_LENGTH_MAX);
            assertFound(Check.RECORD_BOUNDS);
        }

        @Test
        void metadataLongerThanAllowed() throws IOException {
            long slot = store.put(10);
            store.index.putInt(slot + IndexFile.METADATA_OFFSET, -8);
            assertFound(Check.RECORD_BOUNDS);
        }

        @ParameterizedTest
        @ValueSource(
                longs = {
                    0,
                    15,
                    PoolFile.RECORD_LENGTH_OFFSET,
                    PoolFile.RECORD_LENGTH_OFFSET + 7,
                    PoolFile.RECORD_METADATA_OFFSET,
                    PoolFile.RECORD_CHECK_OFFSET
                })
        @DisplayName("I10: the header is what the index says")
        void header(long offset) throws IOException {
            store.put(500);
            long at = PoolFile.DATA_OFFSET + offset;
            store.pool.putByte(at, (byte) (store.pool.getByte(at) ^ 64));
            assertFound(Check.RECORD_HEADER);
        }

        @Test
        void metadata() throws IOException {
            store.put(idOf(named("a")), named("a"), 10, IndexFile.SEALED);
            store.pool.putByte(PoolFile.DATA_OFFSET + PoolFile.HEADER_BYTES, (byte) 99);
            assertFound(Check.RECORD_METADATA);
        }

        @Test
        @DisplayName("I24: a named object's id is that of its name")
        void name() throws IOException {
            store.put(idOf(named("a")), named("b"), 10, IndexFile.SEALED);
            store.put(store.nextId(), named("c"), 10, IndexFile.SEALED);
            store.put(idOf(named("d")), ObjectMetadata.PLAIN, 10, IndexFile.SEALED);
            assertThat(store.check().findings(Severity.WARNING))
                    .extracting(Finding::check)
                    .containsExactly(Check.RECORD_NAME, Check.RECORD_NAME, Check.RECORD_NAME);
        }

        @Test
        @DisplayName("I1: no two records have the same bytes")
        void overlap() throws IOException {
            store.put(1000);
            store.end -= 64;
            store.put(1000);
            assertThat(store.check().findings(Severity.WARNING))
                    .extracting(Finding::check)
                    .containsOnly(Check.RECORDS_OVERLAP, Check.LEDGER);
        }

        @Test
        void nested() throws IOException {
            store.put(4000);
            long end = store.end;
            store.put(10);
            store.end = end - 3008;
            store.put(10);
            store.end = end - 2000 & -16;
            store.put(10);
            assertThat(store.check().findings(Severity.ERROR))
                    .filteredOn(f -> f.check() == Check.RECORDS_OVERLAP)
                    .hasSize(2);
        }

        @Test
        @DisplayName("I1: no record lies where a writer writes")
        void inALease() throws IOException {
            store.blockBoundary();
            long start = store.end;
            store.put(100);
            store.session(1).lend(0, 1, start, 8192, 0, 0);
            assertFound(Check.RECORD_IN_LEASE);
        }

        @Test
        void reachesIntoALease() throws IOException {
            store.put(5000);
            store.session(1).lend(0, 1, 8192, 8192, 0, 0);
            assertFound(Check.RECORD_IN_LEASE);
        }
    }

    @Nested
    class OfSessions {
        private TestStore.Session session;

        @BeforeEach
        void attach() throws IOException {
            session = store.session(5);
        }

        @Test
        void dead() throws IOException {
            session.file.unlock();
            StoreReport report = store.check();
            assertThat(report.findings())
                    .singleElement()
                    .satisfies(
                            f -> {
                                assertThat(f.check()).isEqualTo(Check.SESSION_DEAD);
                                assertThat(f.severity()).isEqualTo(Severity.INFO);
                            });
            assertThat(report.sessions()).singleElement().matches(s -> !s.alive());
        }

        @Test
        void strayFile() throws IOException {
            Files.createFile(store.folder.sessions().resolve("core.123"));
            assertFound(Check.SESSION_FILE);
        }

        @Test
        void truncated() throws IOException {
            session.file.setSize(4096);
            assertFound(Check.SESSION_FILE);
        }

        @Test
        void link() throws IOException {
            Files.createSymbolicLink(store.folder.session("f".repeat(32)), session.path);
            assertFound(Check.SESSION_FILE);
        }

        @Test
        void layout() throws IOException {
            session.memory.putLong(SessionFile.LAYOUT_OFFSET, 5);
            assertFound(Check.SESSION_WORDS);
        }

        @Test
        void offeredAndNeverFinished() throws IOException {
            session.memory.putLong(SessionFile.LAYOUT_OFFSET, 0);
            assertSound();
        }

        @ParameterizedTest
        @ValueSource(
                longs = {
                    SessionFile.SESSION_NUMBER_OFFSET,
                    SessionFile.STATE_OFFSET,
                    SessionFile.LANE_COUNT_OFFSET,
                    SessionFile.PIN_LIMIT_OFFSET,
                    SessionFile.ACCESS_LIMIT_OFFSET,
                    SessionFile.ACCESS_TAIL_OFFSET
                })
        @DisplayName("I17: words out of their range")
        void words(long offset) throws IOException {
            session.memory.putInt(offset, 1_000_000);
            assertFound(Check.SESSION_WORDS);
        }

        @Test
        void sameNumberTwice() throws IOException {
            store.session(6).memory.putInt(SessionFile.SESSION_NUMBER_OFFSET, 5);
            assertFound(Check.SESSION_WORDS);
        }

        @Test
        void pinBeyondThePool() throws IOException {
            session.pin(3, POOL);
            assertFound(Check.PIN_WORD);
        }

        @Test
        void pinBeyondTheHighWater() throws IOException {
            store.put(10);
            session.pin(3, PoolFile.DATA_OFFSET);
            session.memory.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, 3);
            assertFound(Check.PIN_WORD);
        }

        @Test
        void highWaterBeyondTheFile() throws IOException {
            session.memory.putInt(SessionFile.PIN_HIGH_WATER_OFFSET, SessionFile.PIN_LIMIT + 1);
            assertFound(Check.PIN_WORD);
        }

        @Test
        void pinWithinARecordIsAReaderThatWasStopped() throws IOException {
            store.put(1000);
            session.pin(0, PoolFile.DATA_OFFSET + 160);
            StoreReport report = store.check();
            assertThat(report.findings())
                    .singleElement()
                    .matches(f -> f.severity() == Severity.INFO);
        }

        @Test
        void pinInALease() throws IOException {
            session.lend(0, 1, 8192, 8192, 0, 0);
            session.pin(0, 8192 + 160);
            assertFound(Check.PIN_IN_LEASE);
        }

        @Test
        void unknownKindOfLane() throws IOException {
            session.memory.putInt(SessionFile.laneOffset(3) + SessionFile.KIND_OFFSET, 9);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        void extentBeyondThePool() throws IOException {
            session.lend(0, 1, POOL - 4096, 8192, 0, 0);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        void extentOfHalfBlocks() throws IOException {
            session.lend(0, 1, 8192 + 16, 8192, 0, 0);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        void extentWithoutItsLastHalfBlock() throws IOException {
            session.lend(0, 1, 8192, 8192 - 16, 0, 0);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        @DisplayName("a lane for one record keeps what that has, once it was published")
        void extentShortenedToItsRecord() throws IOException {
            store.put(10);
            store.blockBoundary();
            long start = store.end;
            store.put(500);
            long length = store.end - start;
            session.lend(0, 1, start, length, length, length);
            assertFound(Check.LANE_WORDS);
            session.memory.putInt(
                    SessionFile.laneOffset(0) + SessionFile.KIND_OFFSET, SessionFile.KIND_SINGLE);
            assertSound();
            session.lend(0, 1, start, length, length - 16, length);
            session.memory.putInt(
                    SessionFile.laneOffset(0) + SessionFile.KIND_OFFSET, SessionFile.KIND_SINGLE);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        @DisplayName("what its record had is somebody else's once that is deleted")
        void bytesOfAShortenedExtentLentAgain() throws IOException {
            session.lend(0, 1, 8192, 512, 512, 512);
            session.memory.putInt(
                    SessionFile.laneOffset(0) + SessionFile.KIND_OFFSET, SessionFile.KIND_SINGLE);
            store.session(6).lend(0, 1, 8192, 8192, 0, 0);
            assertSound();
        }

        @Test
        void drainedInAnExtentOfLongAgo() throws IOException {
            session.lend(0, 9, 8192, 8192, 0, 0);
            session.offer(0, 11, 16384, 8192);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        void drainedBeyondTheExtent() throws IOException {
            session.lend(0, 9, 8192, 8192, 9000 & -16, 9000 & -16);
            assertFound(Check.LANE_WORDS);
        }

        @Test
        void tailBeyondTheExtent() throws IOException {
            session.lend(0, 9, 8192, 8192, 0, 1 << 20);
            assertFound(Check.LANE_RECORDS);
        }

        @Test
        @DisplayName("I23: a tail over bytes that are no records")
        void tailOverGarbage() throws IOException {
            session.lend(0, 9, 8192, 8192, 0, 4096);
            assertFound(Check.LANE_RECORDS);
        }

        @Test
        void twoLeasesOfTheSameBytes() throws IOException {
            session.lend(0, 1, 8192, 8192, 0, 0);
            store.session(6).lend(0, 1, 12288, 8192, 0, 0);
            assertThat(store.check().findings(Severity.WARNING))
                    .extracting(Finding::check)
                    .containsOnly(Check.LEASES_OVERLAP, Check.LEDGER);
        }

        @Test
        @DisplayName("I22: more than an eighth of the pool is leased and unwritten")
        void tooMuchLeased() throws IOException {
            session.lend(0, 1, 8192, 2 << 20, 0, 0);
            assertFound(Check.LEASED_SHARE);
        }
    }

    @Nested
    class BesideALivingNode {
        @Test
        @DisplayName("what changes while it is looked at is no problem")
        void underChange() throws Exception {
            for (int i = 0; i < 3000; i++) {
                store.put(50);
            }
            AtomicBoolean stop = new AtomicBoolean();
            long[] slots = new long[2000];
            Thread node =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        long from = store.end;
                                        while (!stop.get()) {
                                            store.end = from;
                                            for (int i = 0; i < slots.length; i++) {
                                                slots[i] = store.put(30 + i % 7 * 16);
                                            }
                                            for (long slot : slots) {
                                                store.writer.setState(slot, IndexFile.CONDEMNED);
                                                store.writer.empty(slot);
                                            }
                                        }
                                    });
            try {
                for (int i = 0; i < 10; i++) {
                    StoreReport report = StoreChecker.check(store.folder, StoreChecker.Mode.LIVE);
                    assertThat(report.isSound()).as(report.findings().toString()).isTrue();
                }
            } finally {
                stop.set(true);
                node.join();
            }
        }

        @Test
        void whatStaysWrongIsFound() throws IOException {
            long slot = store.put(10);
            store.index.putLong(slot + IndexFile.LOCATION_OFFSET, 16);
            StoreReport report = StoreChecker.check(store.folder, StoreChecker.Mode.LIVE);
            assertThat(report.findings(Severity.WARNING))
                    .extracting(Finding::check)
                    .containsExactly(Check.RECORD_BOUNDS);
        }
    }

    @Test
    void ofAMillionProblemsTheFirstAreKeptAndTheOthersCounted() throws IOException {
        for (int i = 0; i < 500; i++) {
            long slot = store.put(10);
            store.index.putLong(slot + IndexFile.LOCATION_OFFSET, 16);
        }
        assertThat(store.check().findings(Severity.ERROR))
                .hasSize(101)
                .last()
                .satisfies(f -> assertThat(f.what()).isEqualTo("400 more of these"));
    }
}
