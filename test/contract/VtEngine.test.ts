import * as Fake from "../../src/layers/VtEngineFake.ts"
import * as Xterm from "../../src/layers/VtEngineXterm.ts"
import { suite } from "./VtEngine.ts"

suite("Fake", Fake.layer())
suite("Xterm", Xterm.layer)
