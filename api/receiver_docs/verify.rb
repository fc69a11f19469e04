# Tell genuine webhooks from others: Standard Webhooks, HMAC-SHA256. Ruby 3.0 or newer.
#
# In Rails: head :bad_request unless Inkloom.verify(secret, request.headers.env, request.raw_post)

require "openssl"

module Inkloom
  TOLERANCE_SECONDS = 300

  # Whether a message is genuine and fresh.
  #
  # `headers` are names and values, as they were sent or as Rack writes them (HTTP_WEBHOOK_ID).
  # `body` is what was received, byte for byte: JSON that is read and written again is another text.
  # ArgumentError for a secret that is none.
  def self.verify(secret, headers, body, now = Time.now.to_i)
    key = secret.delete_prefix("whsec_").unpack1("m0")
    unless secret.start_with?("whsec_") && key.bytesize >= 24
      raise ArgumentError, "a secret reads whsec_ and base64"
    end

    given = headers.to_h.transform_keys { |name| name.to_s.downcase.delete_prefix("http_").tr("_", "-") }
    id = given["webhook-id"].to_s
    timestamp = given["webhook-timestamp"].to_s
    return false if id.empty? || !timestamp.match?(/\A[0-9]{1,12}\z/)
    return false if (now - timestamp.to_i).abs > TOLERANCE_SECONDS

    digest = OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{timestamp}.".b + body.b)
    expected = "v1,#{[digest].pack("m0")}"
    # One for each secret that is valid now: two while one takes over from the other.
    good = given["webhook-signature"].to_s.split(" ").map do |signature|
      OpenSSL.secure_compare(expected, signature)
    end
    good.any?
  end
end
