import * as Layer from "effect/Layer"
import * as Ring from "../../src/layers/scrollback/ScrollbackRing.ts"
import * as Terminal from "../../src/layers/scrollback/ScrollbackTerminal.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import * as ScrollbackFake from "../../src/layers/testing/ScrollbackFake.ts"
import * as VtEngineXterm from "../../src/layers/xterm/VtEngineXterm.ts"
import { suite } from "./Scrollback.ts"

suite("ScrollbackFake", ScrollbackFake.layer)
suite("Ring", Ring.layer())
suite("Terminal", Terminal.layer.pipe(Layer.provide([VtEngineXterm.layer, Caller.layer({ env: {} })])))
