package changes

// Properties returns new, optional properties of the checkout session.
func Properties() []Change {
	return []Change{
		property("wasDate", "{type: string, format: date}", "WasDate *string"),
		property("wasTime", "{type: string, format: date-time}", "WasTime *string"),
		property("wasUuid", "{type: string, format: uuid}", " *string `json:\"wasUuid,omitempty\"`"),
		property("wasEmail", "{type: string, format: email}", "WasEmail *string"),
		property("wasUri", "{type: string, format: uri}", " *string `json:\"wasUri,omitempty\"`"),
		property("wasDuration", "{type: string, format: duration}", "WasDuration *string"),
		property("wasBinary", "{type: string, format: binary}", "WasBinary *string"),
		property("wasByte", "{type: string, format: byte}", "WasByte *string"),
		property("wasAddress", "{type: string, format: ipv4}", "WasAddress *string"),
		property("wasNumber", "{type: number}", "WasNumber *float64"),
		property("wasDouble", "{type: number, format: double}", "WasDouble *float64"),
		property("wasFloat", "{type: number, format: float}", "WasFloat *float64"),
		property("wasSmall", "{type: integer, format: int32}", "WasSmall *int32"),
		property("wasAny", "{description: Anything.}", "WasAny any"),
		property("wasObject", "{type: object}", "WasObject *map[string]interface{}"),
		property("wasConst", "{type: string, const: a}", `CheckoutSessionWasConstA CheckoutSessionWasConst = "a"`),
		property("wasDefault", "{type: string, default: a}", "WasDefault *string"),
		property("wasDeprecated", "{type: string, deprecated: true}", "WasDeprecated *string"),
		property("wasReadOnly", "{type: string, readOnly: true}", "WasReadOnly *string"),
		property("wasClosed", "{type: object, properties: {a: {type: string}}, additionalProperties: false}", "WasClosed *struct"),
		property("objects", "{type: array, items: {type: object, properties: {a: {type: string}}}}", "Objects *[]struct"),
		property("grid", "{type: array, items: {type: array, items: {type: integer}}}", "Grid *[][]int"),
		property("byName", "{type: object, additionalProperties: {$ref: '#/components/schemas/CheckoutSessionCustomer'}}", "ByName *map[string]CheckoutSessionCustomer"),
		property("anyOfTwo", "{anyOf: [{type: string}, {type: object, properties: {a: {type: string}}}]}", "AnyOfTwo *CheckoutSession_AnyOfTwo"),
		property("wasDecimal", "{type: string, format: decimal}", "WasDecimal *string"),
		property("wasFlag", "{type: boolean}", "WasFlag *bool"),
		property("wasInt", "{type: integer}", "WasInt *int"),
		property("wasLong", "{type: integer, format: int64}", "WasLong *int64"),
		property("nullDate", "{type: [string, 'null'], format: date}", "NullDate *string"),
		property("nullTime", "{type: [string, 'null'], format: date-time}", "NullTime *string"),
		property("nullUuid", "{type: [string, 'null'], format: uuid}", " *string `json:\"nullUuid,omitempty\"`"),
		property("nullEmail", "{type: [string, 'null'], format: email}", "NullEmail *string"),
		property("nullUri", "{type: [string, 'null'], format: uri}", " *string `json:\"nullUri,omitempty\"`"),
		property("nullDuration", "{type: [string, 'null'], format: duration}", "NullDuration *string"),
		property("nullBinary", "{type: [string, 'null'], format: binary}", "NullBinary *string"),
		property("nullByte", "{type: [string, 'null'], format: byte}", "NullByte *string"),
		property("nullAddress", "{type: [string, 'null'], format: ipv4}", "NullAddress *string"),
		property("nullNumber", "{type: [number, 'null']}", "NullNumber *float64"),
		property("nullDecimal", "{type: [string, 'null'], format: decimal}", "NullDecimal *string"),
		property("nullFlag", "{type: [boolean, 'null']}", "NullFlag *bool"),
		property("nullInt", "{type: [integer, 'null']}", "NullInt *int"),
		property("nullLong", "{type: [integer, 'null'], format: int64}", "NullLong *int64"),
		property("nullNested", "{type: [object, 'null'], properties: {leaf: {type: [string, 'null']}}}", "NullNested *struct"),
		property("nullTags", "{type: [array, 'null'], items: {type: string}}", "NullTags *[]string"),
		property("nullLabels", "{type: [object, 'null'], additionalProperties: {type: string}}", "NullLabels *map[string]string"),
		property("tagsOrNull", "{type: array, items: {type: [string, 'null']}}", "TagsOrNull *[]*string"),
		property("labelsOrNull", "{type: object, additionalProperties: {type: [string, 'null']}}", "LabelsOrNull *map[string]*string"),
		property("nullReference", "{anyOf: [{$ref: '#/components/schemas/CheckoutSessionCustomer'}, {type: 'null'}]}", "NullReference *CheckoutSessionCustomer"),
		property("nullMerged", "{type: [object, 'null'], allOf: [{type: object, properties: {a: {type: string}}}]}", "NullMerged *struct"),
		property("nullEither", "{oneOf: [{type: string}, {type: integer}, {type: 'null'}]}", "NullEither *CheckoutSession_NullEither"),
		property("nullStars", "{type: [integer, 'null'], enum: [1, 2, null]}", " CheckoutSessionNullStars = 1"),
		property("nested", "{type: object, properties: {inner: {type: object, properties: {leaf: {type: string}}}}}", "Nested *struct"),
		property("tags", "{type: array, items: {type: string}}", "Tags *[]string"),
		property("labels", "{type: object, additionalProperties: {type: string}}", "Labels *map[string]string"),
		property("merged", "{allOf: [{type: object, properties: {a: {type: string}}}, {type: object, properties: {b: {type: integer}}}]}", "Merged *struct"),
		property("either", "{oneOf: [{type: string}, {type: integer}]}", "Either *CheckoutSession_Either"),
		property("channel", "{type: string, enum: [web, shop]}", `CheckoutSessionChannelWeb CheckoutSessionChannel = "web"`),
		property("device", "{type: [string, 'null'], enum: [phone, desk, null]}", `CheckoutSessionDevicePhone CheckoutSessionDevice = "phone"`),
		property("spot", "{type: [string, 'null'], enum: [null, here, there], x-enum-varnames: [CheckoutSessionSpotHere, CheckoutSessionSpotThere]}", `CheckoutSessionSpotHere CheckoutSessionSpot = "here"`),
		property("stars", "{type: integer, enum: [1, 2]}", " CheckoutSessionStars = 1"),
		property("tree", "{$ref: '#/components/schemas/Tree'}", "Children *[]Tree").and(component("schemas", "Tree",
			"{type: object, description: A tree., properties: {name: {type: string}, children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}")),
		property("mood", "{$ref: '#/components/schemas/Mood'}", `MoodGood Mood = "good"`, "func Moods() []Mood { return []Mood{ MoodGood, MoodBad, } }").and(
			component("schemas", "Mood", "{type: [string, 'null'], description: A mood., enum: [good, bad, null], x-go-list: Moods, x-enum-varnames: [MoodGood, MoodBad]}")),
		property("level", "{$ref: '#/components/schemas/Level'}", "LevelHigh Level = 2", "func Levels() []Level { return []Level{ LevelLow, LevelHigh, } }").and(
			component("schemas", "Level", "{type: integer, description: A level., enum: [1, 2], x-go-list: Levels, x-enum-varnames: [LevelLow, LevelHigh]}")),
		property("symbol", "{$ref: '#/components/schemas/Symbol'}", `SymbolPlus Symbol = "+"`, `SymbolHalf Symbol = "1/2"`).and(component("schemas", "Symbol",
			"{type: string, description: A symbol., enum: ['+', 1/2, minus], x-enum-varnames: [SymbolPlus, SymbolHalf, SymbolMinus], x-go-other-names: [SymbolPlus, SymbolHalf]}")),
		{
			Name: "a value of an enumeration and its name",
			edits: []edit{
				replace("enum: [open, pending, pending_review,", "enum: [open, pending, on_hold, pending_review,"),
				replace("        - CheckoutSessionStatusPendingReview\n", "        - CheckoutSessionStatusOnHold\n        - CheckoutSessionStatusPendingReview\n"),
			},
			Model: []string{`CheckoutSessionStatusOnHold CheckoutSessionStatus = "on_hold"`, `CheckoutSessionStatusCompleted CheckoutSessionStatus = "completed"`},
		},
	}
}

// SessionProperties returns a change like one by a contributor. It adds optional properties to the checkout session and
// follows every rule of the document.
func SessionProperties() Change {
	return property("loyaltyTier", `
          type: [string, 'null']
          enum: [silver, gold, null]
          x-order: 24
          description: The buyer's tier in the merchant's program. It is null or absent if there is none.
          examples: [gold]
        parcels:
          type: array
          x-order: 25
          description: Lists what is sent to the buyer.
          items:
            type: object
            properties:
              weight:
                type: number
                description: The weight in kilograms.
                examples: [0.5]
          examples: [[{ weight: 0.5 }]]`)
}

// Inputs returns new properties of the input that creates a checkout session.
func Inputs() []Change {
	return []Change{
		input("inText", "{type: string}", "InText *string `json:\"inText,omitempty\"`"),
		input("inNull", "{type: [string, 'null']}", "InNull *string `json:\"inNull,omitempty\"`"),
		input("inSent", "{type: [string, 'null'], x-omitempty: false}", "InSent *string `json:\"inSent\"`"),
	}
}

// Filters returns new filters of the list of checkout sessions.
func Filters() []Change {
	pathLevel := "  /api/v1/checkout-sessions:\n    parameters:\n"
	return []Change{
		filter("{name: fText, in: query, schema: {type: string}}", "FText *string", "FText: p.FText"),
		filter("{name: fInt, in: query, schema: {type: integer}}", "FInt *int", "FInt: p.FInt"),
		filter("{name: fNumber, in: query, schema: {type: number}}", "FNumber *float64", "FNumber: p.FNumber"),
		filter("{name: fBool, in: query, schema: {type: boolean}}", "FBool *bool", "FBool: p.FBool"),
		filter("{name: fDate, in: query, schema: {type: string, format: date}}", "FDate *string", "FDate: p.FDate"),
		filter("{name: fTime, in: query, schema: {type: string, format: date-time}}", "FTime *string", "FTime: p.FTime"),
		filter("{name: fUnique, in: query, schema: {type: string, format: uuid}}", "FUnique *string", "FUnique: p.FUnique"),
		filter("{name: fEnum, in: query, schema: {type: string, enum: [a, b]}}", "FEnum *string", "FEnum: p.FEnum"),
		filter("{name: fIntEnum, in: query, schema: {type: integer, enum: [1, 2]}}", "FIntEnum *int", "FIntEnum: p.FIntEnum"),
		filter("{name: fConst, in: query, schema: {type: string, const: a}}", "FConst *string", "FConst: p.FConst"),
		filter("{name: fLong, in: query, schema: {type: integer, format: int64}}", "FLong *int64", "FLong: p.FLong"),
		filter("{name: fNull, in: query, schema: {type: [string, 'null']}}", "FNull *string", "FNull: p.FNull"),
		filter("{name: fNullEnum, in: query, schema: {type: [string, 'null'], enum: [a, null]}}", "FNullEnum *string", "FNullEnum: p.FNullEnum"),
		filter("{name: fMethod, in: query, schema: {$ref: '#/components/schemas/CheckoutMethod'}}", "FMethod *string", "FMethod: p.FMethod"),
		filter("{name: fList, in: query, schema: {type: array, items: {type: string}}}", "FList *[]string", "FList: p.FList"),
		filter("{name: fJoined, in: query, explode: false, schema: {type: array, items: {type: string}}}", "FJoined *[]string", "FJoined: p.FJoined"),
		filter("{name: fMethods, in: query, schema: {type: array, items: {$ref: '#/components/schemas/CheckoutMethod'}}}", "FMethods *[]string", "FMethods: p.FMethods"),
		filter("{name: fMethodsJoined, in: query, explode: false, schema: {type: array, items: {$ref: '#/components/schemas/CheckoutMethod'}}}",
			"FMethodsJoined *[]string", "FMethodsJoined: p.FMethodsJoined"),
		filter("{name: fDeep, in: query, style: deepObject, explode: true, schema: {type: object, properties: {gte: {type: string}, lt: {type: string}}}}",
			"FDeep *struct", "FDeep: p.FDeep"),
		filter("{name: fMap, in: query, style: deepObject, explode: true, schema: {type: object, additionalProperties: {$ref: '#/components/schemas/CheckoutMethod'}}}",
			"FMap *map[string]string", "FMap: p.FMap"),
		filter("{name: fNamed, in: query, x-go-name: FOther, schema: {type: string}}", "FOther *string", "FOther: p.FOther"),
		filter("{name: fRequired, in: query, required: true, schema: {type: string}}", "FRequired string", "FRequired: p.FRequired"),
		filter("{$ref: '#/components/parameters/FReferred'}", "FReferred *[]string", "FReferred: p.FReferred").and(component("parameters", "FReferred",
			"{name: fReferred, in: query, description: Some methods., schema: {type: array, items: {$ref: '#/components/schemas/CheckoutMethod'}}}")),
		filter("{name: X-Region, in: header, schema: {type: string}}", "XRegion *string", "XRegion: p.XRegion"),
		{
			Name:  "filter at path level",
			edits: []edit{{anchor: pathLevel, lines: "      - {name: fShared, in: query, schema: {type: string}}\n"}},
			Model: []string{"FShared *string", "FShared: p.FShared"},
		},
	}
}

const ok = "  responses: {'204': {description: Done.}}"

// Operations returns new operations. The facade and the sandbox have no methods for them.
func Operations() []Change {
	path := func(name, schema string) string {
		return "{name: " + name + ", in: path, required: true, schema: " + schema + "}"
	}
	post := func(id string) string { return "post:\n  operationId: " + id + "\n  tags: [Checkout sessions]\n" }
	body := func(media, schema string) string {
		return "  requestBody: {required: true, content: {" + media + ": {schema: " + schema + "}}}\n"
	}
	returnsFile := func(media string) string {
		return "  responses: {'200': {description: A file., content: {" + media + ": {schema: {type: string, format: binary}}}}}"
	}
	return []Change{
		operation("/api/v1/two/{one}/{other}", post("twoThings")+"  parameters: ["+path("one", "{type: string}")+", "+path("other", "{type: string}")+"]\n"+ok,
			"func NewTwoThingsRequest(server string, one string, other string)"),
		operation("/api/v1/numbered/{number}", post("numberThing")+"  parameters: ["+path("number", "{type: integer}")+"]\n"+ok,
			"func NewNumberThingRequest(server string, number int)"),
		operation("/api/v1/unique/{key}", post("uniqueThing")+"  parameters: ["+path("key", "{type: string, format: uuid}")+"]\n"+ok,
			"func NewUniqueThingRequest(server string, key string)"),
		operation("/api/v1/shared/{thing}", "parameters: ["+path("thing", "{type: string}")+"]\n"+post("shareThing")+ok,
			"func NewShareThingRequest(server string, thing string)"),
		operation("/api/v1/shared/{number}/{key}", "parameters: ["+path("number", "{type: integer}")+", "+path("key", "{type: string, format: uuid}")+"]\n"+post("shareNumber")+ok,
			"func NewShareNumberRequest(server string, number int, key string)"),
		operation("/api/v1/steered", post("steerThing")+"  parameters: [{name: dryRun, in: query, schema: {type: boolean}}, {name: X-Trace, in: header, schema: {type: integer}}]\n"+ok,
			"func NewSteerThingRequest(server string, params *SteerThingParams)", "XTrace *int"),
		operation("/api/v1/optional", post("optionalBody")+"  requestBody: {required: false, content: {application/json: {schema: {type: object, properties: {reason: {type: string}}}}}}\n"+ok,
			"func NewOptionalBodyRequestWithBody("),
		operation("/api/v1/upload", post("uploadThing")+body("multipart/form-data", "{type: object, properties: {file: {type: string, format: binary}}}")+ok,
			"func NewUploadThingRequestWithBody("),
		operation("/api/v1/form", post("formThing")+body("application/x-www-form-urlencoded", "{type: object, properties: {name: {type: string}}}")+ok,
			"func NewFormThingRequestWithBody("),
		operation("/api/v1/stream", post("streamThing")+body("application/octet-stream", "{type: string, format: binary}")+ok,
			"func NewStreamThingRequestWithBody("),
		operation("/api/v1/csv", "get:\n  operationId: exportThings\n  tags: [Checkout sessions]\n"+returnsFile("text/csv"), "func NewExportThingsRequest(server string)"),
		operation("/api/v1/pdf", "get:\n  operationId: printThing\n  tags: [Checkout sessions]\n"+returnsFile("application/pdf"), "func NewPrintThingRequest(server string)"),
		secondList(),
		umbrellas(),
	}
}

// secondList returns another list with the tag of the checkout sessions.
func secondList() Change {
	c := operation("/api/v1/checkout-sessions/{id}/payments", `get:
  operationId: listCheckoutSessionPayments
  tags: [Checkout sessions]
  x-go-params-type: CheckoutSessionPaymentListParams
  parameters:
    - {name: id, in: path, required: true, schema: {type: string}}
    - {name: limit, in: query, schema: {type: integer}}
`+ok, "func NewListCheckoutSessionPaymentsRequest(server string, id string, params *ListCheckoutSessionPaymentsParams)")
	c.Model = []string{"type CheckoutSessionPaymentListParams struct", "func (p CheckoutSessionPaymentListParams) lowLevel() *gen.ListCheckoutSessionPaymentsParams"}
	return c
}

// umbrellas returns a new resource that Plugipay will never have.
func umbrellas() Change {
	c := operation("/api/v1/umbrellas", `post:
  operationId: createUmbrella
  tags: [Umbrellas]
  parameters: [{$ref: '#/components/parameters/IdempotencyKey'}]
  requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/UmbrellaCreateInput'}}}}
  responses: {'201': {description: The umbrella., content: {application/json: {schema: {$ref: '#/components/schemas/UmbrellaEnvelope'}}}}}
get:
  operationId: listUmbrellas
  tags: [Umbrellas]
  x-go-params-type: UmbrellaListParams
  parameters:
    - {name: limit, in: query, schema: {type: integer}}
    - {name: state, in: query, schema: {$ref: '#/components/schemas/UmbrellaState'}}
  responses: {'200': {description: Umbrellas., content: {application/json: {schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Umbrella'}}}}}}}}`,
		"func NewCreateUmbrellaRequest(", "func NewListUmbrellasRequest(", "func NewGetUmbrellaRequest(server string, id string)")
	get := operation("/api/v1/umbrellas/{id}", `get:
  operationId: getUmbrella
  tags: [Umbrellas]
  parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  responses: {'200': {description: The umbrella., content: {application/json: {schema: {$ref: '#/components/schemas/UmbrellaEnvelope'}}}}}`)
	c.Name = "a new resource, umbrellas"
	c.Model = []string{"type Umbrella struct", "type UmbrellaCreateInput struct", "type UmbrellaListParams struct", `UmbrellaStateOpen UmbrellaState = "open"`}
	return c.and(get.edits...).and(
		component("schemas", "Umbrella", "{type: object, description: An umbrella., required: [id, state], properties: {id: {type: string}, state: {$ref: '#/components/schemas/UmbrellaState'}}}"),
		component("schemas", "UmbrellaCreateInput", "{type: object, description: What is lent., required: [sessionId], properties: {sessionId: {type: string}}}"),
		component("schemas", "UmbrellaEnvelope", "{type: object, description: An umbrella in its envelope., properties: {data: {$ref: '#/components/schemas/Umbrella'}}}"),
		component("schemas", "UmbrellaState", "{type: string, description: How open an umbrella is., enum: [open, done], x-enum-varnames: [UmbrellaStateOpen, UmbrellaStateDone]}"),
	)
}

// Refusals returns changes that the generator refuses, because it would generate wrong code from them.
func Refusals() []Change {
	enum := func(name, from, to string, says ...string) Change {
		return refused(name, Change{edits: []edit{replace(from, to)}}, says...)
	}
	statuses := "enum: [open, pending, pending_review, completed, failed, expired, canceled]"
	currencies := "x-enum-varnames: [CurrencyIDR, CurrencyUSD]"
	item := "get:\n  operationId: findThing\n  parameters: [%]\n" + ok
	find := func(parameter string) Change {
		return operation("/api/v1/find", replaceMark(item, parameter))
	}
	return []Change{
		enum("a value in the middle without a name", statuses,
			"enum: [open, pending, on_hold, pending_review, completed, failed, expired, canceled]", "CheckoutSessionStatus: the value on_hold has no name"),
		enum("a last value without a name", statuses,
			"enum: [open, pending, pending_review, completed, failed, expired, canceled, on_hold]", "CheckoutSessionStatus: the value on_hold has no name"),
		enum("two swapped names", "        - CheckoutSessionStatusOpen\n        - CheckoutSessionStatusPending\n",
			"        - CheckoutSessionStatusPending\n        - CheckoutSessionStatusOpen\n",
			"CheckoutSessionStatus: the value open has the name CheckoutSessionStatusPending in x-enum-varnames"),
		enum("shifted names", currencies, "x-enum-varnames: [CurrencyUSD, CurrencyIDR]", "CurrencyCode: the value IDR has the name CurrencyUSD"),
		enum("a replaced value", statuses, "enum: [open, pending, on_hold, completed, failed, expired, canceled]",
			"CheckoutSessionStatus: the value on_hold has the name CheckoutSessionStatusPendingReview", "add it to x-go-other-names"),
		refused("swapped names of an inline enumeration", property("channel", "{type: string, enum: [web, shop], x-go-prefix: Channel, x-enum-varnames: [ChannelShop, ChannelWeb]}"),
			"CheckoutSession.channel: the value web has the name ChannelShop"),
		refused("one name for two values", property("grade", "{type: integer, enum: [1, 2], x-go-prefix: Grade, x-enum-varnames: [GradeOne, GradeOne]}"),
			"CheckoutSession.grade: the value 2 has the name GradeOne in x-enum-varnames, which another value has"),
		refused("swapped names around null", property("channel", "{type: [string, 'null'], enum: [null, web, shop], x-go-prefix: Channel, x-enum-varnames: [ChannelShop, ChannelWeb]}"),
			"CheckoutSession.channel: the value web has the name ChannelShop"),
		refused("a name of an inline enumeration without its type's name", property("channel", "{type: string, enum: [web], x-enum-varnames: [Web]}"),
			"CheckoutSession.channel: the name Web of the value web does not begin with CheckoutSessionChannel"),
		refused("a name that is not exported", property("channel", "{type: string, enum: [web], x-go-prefix: channel, x-enum-varnames: [channelWeb]}"),
			"CheckoutSession.channel: the name channelWeb of the value web does not begin with channel"),
		refused("a wrong name in the body of an operation", operation("/api/v1/kinds",
			"post:\n  operationId: kindThing\n  requestBody: {content: {application/json: {schema: {type: object, properties: {kind: {type: string, enum: [a], x-enum-varnames: [A]}}}}}}\n"+ok),
			"kind: the name A of the value a does not begin with Kind"),
		refused("a value without letters", property("sign", "{type: string, enum: ['+', '-'], x-enum-varnames: [SignPlus, SignMinus]}"),
			"CheckoutSession.sign: the value + has the name SignPlus"),
		enum("a name without a value", currencies, "x-enum-varnames: [CurrencyIDR, CurrencyUSD, CurrencyEUR]", "CurrencyCode: x-enum-varnames has the name CurrencyEUR for no value"),
		enum("a name for null", "enum: [IDR, USD]", "enum: [IDR, null]", "CurrencyCode: x-enum-varnames has the name CurrencyUSD for no value"),
		enum("a name without its type's name", "x-enum-varnames: [ListOrderAsc, ListOrderDesc]", "x-enum-varnames: [ListOrderAsc, OrderDesc]",
			"ListOrder: the name OrderDesc of the value desc does not begin with ListOrder"),
		enum("a name without its x-go-prefix", currencies, "x-enum-varnames: [CurrencyIDR, MoneyUSD]",
			"CurrencyCode: the name MoneyUSD of the value USD does not begin with Currency"),
		refused("a cookie", filter("{name: visit, in: cookie, schema: {type: string}}"), "listCheckoutSessions: the cookie parameter visit is not supported"),
		refused("a parameter with content", filter("{name: where, in: query, content: {application/json: {schema: {type: object}}}}"),
			"listCheckoutSessions: the query parameter where has content, which is not supported"),
		refused("a filter that is a union", filter("{name: where, in: query, schema: {oneOf: [{type: string}, {type: integer}]}}"),
			"listCheckoutSessions: the query parameter where is a union"),
		refused("a list of a union", filter("{name: where, in: query, schema: {type: array, items: {oneOf: [{type: string}, {type: integer}]}}}"),
			"listCheckoutSessions: the query parameter where is a union"),
		refused("a filter of two types", filter("{name: where, in: query, schema: {type: [string, integer]}}"),
			"listCheckoutSessions: the query parameter where is a union"),
		refused("a union in an object", filter("{name: where, in: query, style: deepObject, schema: {type: object, properties: {a: {anyOf: [{type: string}]}}}}"),
			"listCheckoutSessions: the query parameter where is a union"),
		refused("an object with properties and additionalProperties", filter("{name: where, in: query, schema: {type: object, properties: {a: {type: string}}, additionalProperties: {type: string}}}"),
			"listCheckoutSessions: the query parameter where has properties and additionalProperties"),
		refused("a parameter without a schema", filter("{name: where, in: query}"), "listCheckoutSessions: the query parameter where has no schema"),
		refused("two parameters with one name in Go", filter("{name: customer_id, in: header, schema: {type: string}}"),
			"listCheckoutSessions: the query parameter customerId has the same name in Go as the header parameter customer_id"),
		refused("two properties with one name in Go", property("account_id", "{type: string}"),
			"CheckoutSession: the property accountId has the same name in Go as account_id: give one an x-go-name"),
		refused("a query without a public type", find("{name: where, in: query, schema: {type: string}}"),
			"findThing: the query parameter where has no field: give the operation an x-go-params-type"),
		refused("an operation without an id", operation("/api/v1/nameless", "get:\n"+ok), "GET /api/v1/nameless: it has no operationId"),
	}
}
