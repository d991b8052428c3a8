// Shows the contract of this very server. A key that is entered stays in the memory of the page: it is not stored.
async function show() {
  const contract = await (await fetch("/openapi.json")).json();
  Object.values(contract.paths).flatMap(Object.values).forEach(describeExamples);
  window.ui = SwaggerUIBundle({
    spec: contract,
    dom_id: "#contract",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    defaultModelExpandDepth: 3,
    displayRequestDuration: true,
    docExpansion: "list",
    persistAuthorization: false,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
}

// Examples of parameters go into the text: as preset values of the fields they would all be sent at once.
function describeExamples(operation) {
  for (const parameter of operation.parameters ?? []) {
    if (parameter.in !== "query" || parameter.example === undefined) continue;
    parameter.description += `\n\nExample: \`${[].concat(parameter.example).join(",")}\``;
    delete parameter.example;
  }
}

show();
