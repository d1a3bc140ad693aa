package io.tokamak.node.directory;

import com.hazelcast.cluster.Address;
import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.tokamak.node.objects.Membership;
import io.tokamak.node.objects.NameDirectory;
import java.security.SecureRandom;

/**
 * This node's membership of the cluster. Thread-safe.
 *
 * <p>Store numbers are drawn at random from 32 bits and claimed in the map {@code stores}, so that
 * a number is not used again even after the whole cluster was stopped and its maps are empty.
 */
final class Cluster implements Membership, AutoCloseable {
    private final HazelcastInstance member;

    private Cluster(HazelcastInstance member) {
        this.member = member;
    }

    /** Joins, or begins a cluster. Takes a second or two. */
    static Cluster join(ClusterProperties properties) {
        Config config = new Config();
        config.setClusterName(properties.name());
        config.setProperty("hazelcast.phone.home.enabled", "false");
        config.setProperty("hazelcast.shutdownhook.enabled", "false");
        config.setProperty("hazelcast.logging.type", "slf4j");
        config.setProperty("hazelcast.socket.bind.any", "false");
        // Nothing waits for others where there are none to come.
        config.setProperty("hazelcast.wait.seconds.before.join", "0");
        config.getJetConfig().setEnabled(false);
        config.getMetricsConfig().setEnabled(false); // ours are those of Micrometer
        NetworkConfig network = config.getNetworkConfig();
        network.setPort(properties.port()).setPortAutoIncrement(true);
        network.getInterfaces().setEnabled(true).addInterface(properties.address());
        JoinConfig join = network.getJoin();
        join.getAutoDetectionConfig().setEnabled(false);
        join.getMulticastConfig().setEnabled(false);
        join.getTcpIpConfig()
                .setEnabled(!properties.members().isEmpty())
                .setMembers(properties.members());
        return new Cluster(Hazelcast.newHazelcastInstance(config));
    }

    @Override
    public int claimStoreNumber(int number) {
        IMap<Integer, String> stores = member.getMap("stores");
        if (number != 0) {
            stores.set(number, memberId());
            return number;
        }
        SecureRandom random = new SecureRandom();
        while (true) {
            int drawn = random.nextInt();
            if (drawn != 0 && stores.putIfAbsent(drawn, memberId()) == null) {
                return drawn;
            }
        }
    }

    @Override
    public NameDirectory names(int storeNumber) {
        return new ClusterNames(this, storeNumber);
    }

    @Override
    public String memberId() {
        return member.getCluster().getLocalMember().getUuid().toString();
    }

    @Override
    public String address() {
        Address address = member.getCluster().getLocalMember().getAddress();
        return address.getHost() + ":" + address.getPort();
    }

    HazelcastInstance member() {
        return member;
    }

    @Override
    public void close() {
        member.shutdown();
    }
}
