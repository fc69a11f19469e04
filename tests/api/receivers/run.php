<?php
// Reads messages from stdin, and writes for each whether the file that is given takes it.
declare(strict_types=1);

require $argv[1];
$told = [];
foreach (json_decode(file_get_contents('php://stdin'), true) as $one) {
    try {
        $told[] = inkloom_verify($one['secret'], $one['headers'], $one['body'], $one['now']);
    } catch (InvalidArgumentException) {
        $told[] = false;
    }
}
echo json_encode($told);
