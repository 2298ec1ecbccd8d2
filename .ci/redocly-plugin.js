// Rules about openapi.yaml that assertions in redocly.yaml cannot say: they compare two places, or follow references.

// Each value of EventName is a webhook, and each webhook is a value of EventName.
function EventsAreNamed() {
  return {
    Root(root, { report, location }) {
      const named = root.components?.schemas?.EventName?.enum ?? [];
      const described = Object.keys(root.webhooks ?? {});
      for (const name of named.filter((name) => !described.includes(name))) {
        report({ message: `EventName has ${name}, which no webhook describes.`, location: location.child('webhooks') });
      }
      for (const name of described.filter((name) => !named.includes(name))) {
        report({ message: `EventName lacks ${name}.`, location: location.child(['webhooks', name]).key() });
      }
    },
  };
}

// Each value of ErrorCode is the code of an example.
function ErrorCodesHaveExamples() {
  return {
    Components(components, { report, location }) {
      const shown = Object.values(components.examples ?? {}).map((example) => example.value?.error?.code);
      for (const code of components.schemas?.ErrorCode?.enum ?? []) {
        if (!shown.includes(code)) {
          const message = `No example in components.examples shows the error ${code}.`;
          report({ message, location: location.child(['schemas', 'ErrorCode', 'enum']) });
        }
      }
    },
  };
}

// The description of a property says what null means if the property may be null, and else nothing of null.
function NullIsDescribed() {
  return {
    SchemaProperties(properties, { report, location, resolve }) {
      for (const [name, property] of Object.entries(properties)) {
        const speaks = /null/i.test(property.description ?? '');
        if (speaks !== mayBeNull(property, resolve)) {
          const problem = speaks
            ? 'is never null, and its description speaks of null'
            : 'may be null, and its description does not say what null means';
          report({ message: `The property ${name} ${problem}.`, location: location.child(name) });
        }
      }
    },
  };
}

// A schema without a type and without alternatives allows everything.
function mayBeNull(schema, resolve) {
  const { $ref, type, anyOf, oneOf } = schema;
  if ($ref) return mayBeNull(resolve(schema).node, resolve);
  if (type) return [type].flat().includes('null');
  return (anyOf ?? oneOf)?.some((alternative) => mayBeNull(alternative, resolve)) ?? true;
}

export default () => ({
  id: 'contract',
  rules: { oas3: { 'events-are-named': EventsAreNamed, 'error-codes-have-examples': ErrorCodesHaveExamples, 'null-is-described': NullIsDescribed } },
});
