# Reads messages from stdin, and writes for each whether the file that is given takes it.
require "json"
require File.expand_path(ARGV[0])

told = JSON.parse($stdin.read).map do |one|
  Inkloom.verify(one["secret"], one["headers"], one["body"], one["now"])
rescue ArgumentError
  false
end
puts JSON.generate(told)
