// What OpenAI's own client makes of `ropewalk sim`: node client.mjs PACKAGE_FOLDER BASE_URL
// Prints one JSON object, which sim_test.cpp looks at.
import { createRequire } from 'node:module';

const [folder, baseURL] = process.argv.slice(2);
const { default: OpenAI } = createRequire(`${folder}/`)('openai');
const client = new OpenAI({ baseURL, apiKey: 'any-key', maxRetries: 0 });
const say = (content) => [{ role: 'user', content }];
const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
  },
};

async function text() {
  const stream = client.chat.completions.stream({
    model: 'prose',
    messages: say('Tell of lighthouses and of Ørland 🧶.'),
    stream_options: { include_usage: true },
    sim: { tokensPerSecond: 500 },
  });
  const deltas = [];
  stream.on('content', (delta) => deltas.push(delta));
  const last = await stream.finalChatCompletion();
  const whole = await client.chat.completions.create({
    model: 'prose', messages: say('Tell of lighthouses and of Ørland 🧶.'),
  });
  return {
    deltas: deltas.length,
    joined: deltas.join(''),
    final: last.choices[0].message.content,
    whole: whole.choices[0].message.content,
    usage: last.usage,
    model: last.model,
    fingerprint: whole.system_fingerprint,
  };
}

async function tools() {
  const messages = say('Use get_weather, please.');
  const stream = client.chat.completions.stream({ model: 'prose', messages, tools: [weather] });
  const asked = (await stream.finalChatCompletion()).choices[0];
  const call = asked.message.tool_calls[0];
  messages.push(asked.message, { role: 'tool', tool_call_id: call.id, content: '21C in Oslo' });
  const told = await client.chat.completions.create({ model: 'prose', messages, tools: [weather] });
  return {
    finish: asked.finish_reason,
    name: call.function.name,
    city: typeof JSON.parse(call.function.arguments).city,
    answer: told.choices[0].message.content,
  };
}

async function json() {
  const schema = {
    type: 'object',
    required: ['urgency'],
    additionalProperties: false,
    properties: { urgency: { type: 'integer', minimum: 0, maximum: 10 } },
  };
  const whole = await client.chat.completions.parse({
    model: 'prose',
    messages: say('How urgent is it?'),
    response_format: { type: 'json_schema', json_schema: { name: 'r', strict: true, schema } },
  });
  return Number.isInteger(JSON.parse(whole.choices[0].message.content).urgency);
}

/** How a call fails: its class, status and code. */
async function failure(request, options = {}) {
  const known = ['RateLimitError', 'InternalServerError', 'BadRequestError', 'NotFoundError',
    'APIConnectionError', 'APIError'];
  try {
    const stream = await client.chat.completions.create(
      { model: 'prose', messages: say('hello'), stream: true, ...request }, options);
    let deltas = 0;
    for await (const chunk of stream) deltas += chunk.choices[0]?.delta?.content ? 1 : 0;
    return { class: 'none', deltas };
  } catch (error) {
    const found = known.find((name) => error instanceof OpenAI[name]);
    return {
      class: found ?? `other: ${error.name}`,
      status: error.status ?? null,
      code: error.code ?? null,
      param: error.param ?? null,
      retryAfter: error.headers?.get?.('retry-after') ?? null,
    };
  }
}

const out = {
  text: await text(),
  tools: await tools(),
  json: await json(),
  models: (await client.models.list()).data.map((model) => model.id),
  rateLimit: await failure({ model: '429' }),
  serverError: await failure({ model: 'fail-first-1' }),
  retried: await failure({ model: 'fail-first-1', messages: say('again') }, { maxRetries: 2 }),
  noModel: await failure({ model: 'proze' }),
  badRequest: await failure({ messages: [{ role: 'robot', content: 'x' }] }),
  inStream: await failure({ model: 'error-in-stream' }),
  cut: await failure({ model: 'cut' }),
  noRoute: await client.post('/embeddings', { body: {} }).then(() => 'ok', (e) => e.constructor.name),
};
console.log(JSON.stringify(out));
