import com.fasterxml.jackson.databind.JsonNode;
import io.apicurio.registry.serde.Legacy4ByteIdHandler;
import io.apicurio.registry.serde.SerdeConfig;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaDeserializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaSerializer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;

/**
 * Writes articles with Kafka's serializers for Java, or reads them: {@code Values (write|read) REGISTRY TOPICS}.
 *
 * Each line that comes in is a type of schemas, a space, and in base64 a text to write or a value to read. Each line
 * that goes out is, in base64, the value, or the article as JSON. The type ends the name of the topic, after a dot:
 * the schemas of one subject are of one type.
 */
public class Values {
    static final Schema ENVELOPE = new Schema.Parser().parse(
        "{\"type\": \"record\", \"name\": \"Envelope\", \"namespace\": \"cdc\", \"fields\": ["
            + "{\"name\": \"op\", \"type\": \"string\"},"
            + "{\"name\": \"after\", \"type\": [\"null\", {\"type\": \"record\", \"name\": \"Article\", \"fields\": ["
            + "{\"name\": \"id\", \"type\": \"long\"}, {\"name\": \"body\", \"type\": [\"null\", \"string\"]}]}]}]}");

    public static void main(String[] arguments) throws Exception {
        boolean write = arguments[0].equals("write");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] parts = line.split(" ");
            byte[] given = Base64.getDecoder().decode(parts[1]);
            Map<String, Object> config = config(arguments[1], parts[0]);
            String topic = arguments[2] + "." + parts[0];
            byte[] made = write
                ? write(parts[0], config, topic, new String(given, "UTF-8"))
                : read(parts[0], config, topic, given).toString().getBytes("UTF-8");
            System.out.println(Base64.getEncoder().encodeToString(made));
        }
    }

    /** Frame values as Confluent's serializers do. Only those for Avro can register the schema of what they write. */
    static Map<String, Object> config(String registry, String type) {
        Map<String, Object> config = new HashMap<>();
        config.put(SerdeConfig.REGISTRY_URL, registry);
        config.put(SerdeConfig.ENABLE_HEADERS, false);
        config.put(SerdeConfig.ID_HANDLER, Legacy4ByteIdHandler.class.getName());
        config.put(SerdeConfig.USE_ID, "contentId");
        config.put(type.equals("avro") ? SerdeConfig.AUTO_REGISTER_ARTIFACT : SerdeConfig.FIND_LATEST_ARTIFACT, true);
        if (type.equals("json")) {
            config.put(SerdeConfig.DESERIALIZER_SPECIFIC_VALUE_RETURN_CLASS, JsonNode.class.getName());
        }
        return config;
    }

    static byte[] write(String type, Map<String, Object> config, String topic, String text) {
        if (type.equals("avro")) {
            GenericRecord article = new GenericData.Record(ENVELOPE.getField("after").schema().getTypes().get(1));
            article.put("id", 7L);
            article.put("body", text);
            GenericRecord envelope = new GenericData.Record(ENVELOPE);
            envelope.put("op", "c");
            envelope.put("after", article);
            try (Serializer<GenericRecord> serializer = new AvroKafkaSerializer<>()) {
                serializer.configure(config, false);
                return serializer.serialize(topic, envelope);
            }
        }
        try (Serializer<Map<String, Object>> serializer = new JsonSchemaKafkaSerializer<>()) {
            serializer.configure(config, false);
            return serializer.serialize(topic, Map.of("op", "c", "after", Map.of("id", 7, "body", text)));
        }
    }

    static Object read(String type, Map<String, Object> config, String topic, byte[] value) {
        try (Deserializer<Object> deserializer =
                type.equals("avro") ? new AvroKafkaDeserializer<>() : new JsonSchemaKafkaDeserializer<>()) {
            deserializer.configure(config, false);
            return deserializer.deserialize(topic, value);
        }
    }
}
