// Signs or verifies one message with the reference implementation:
//   node peer.js FOLDER sign|verify FILE
// FILE is JSON: {secret, id, timestamp, signature, body}. Prints the signature, "good", or why not.
const path = require('path');
const fs = require('fs');

const [folder, what, file] = process.argv.slice(2);
const { Webhook } = require(path.join(folder, 'node_modules', 'standardwebhooks'));
const message = JSON.parse(fs.readFileSync(file, 'utf8'));
const webhook = new Webhook(message.secret);
if (what === 'sign') {
  console.log(webhook.sign(message.id, new Date(message.timestamp * 1000), message.body));
} else {
  try {
    webhook.verify(message.body, {
      'webhook-id': message.id,
      'webhook-timestamp': String(message.timestamp),
      'webhook-signature': message.signature,
    });
    console.log('good');
  } catch (error) {
    console.log(error.message);
  }
}
