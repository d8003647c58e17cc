//! The kinds of syntax nodes and the fields that they stand in, as own enums: the three grammars
//! (TypeScript, TSX, JavaScript) number theirs differently, and no other module knows their names.

macro_rules! names {
    ($(#[$meta:meta])* $enum:ident { $($name:ident = $text:literal,)* } else $other:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "the names are those of the grammars, which document them")]
        #[repr(u8)]
        pub enum $enum {
            $($name,)*
            /// Any other.
            $other,
        }

        impl $enum {
            /// The one of a grammar's name.
            pub(super) fn of(name: &str) -> Self {
                match name {
                    $($text => Self::$name,)*
                    _ => Self::$other,
                }
            }
        }
    };
}

names!(
    /// What a node is.
    Kind {
        Program = "program",
        Error = "ERROR",
        // Expressions.
        Array = "array",
        ArrowFunction = "arrow_function",
        As = "as_expression",
        Assignment = "assignment_expression",
        AugmentedAssignment = "augmented_assignment_expression",
        Await = "await_expression",
        Binary = "binary_expression",
        Call = "call_expression",
        ClassExpression = "class",
        False = "false",
        FunctionExpression = "function_expression",
        GeneratorFunction = "generator_function",
        Identifier = "identifier",
        Import = "import",
        Instantiation = "instantiation_expression",
        Member = "member_expression",
        MetaProperty = "meta_property",
        New = "new_expression",
        NonNull = "non_null_expression",
        Null = "null",
        Number = "number",
        Object = "object",
        Parenthesized = "parenthesized_expression",
        Regex = "regex",
        Satisfies = "satisfies_expression",
        Sequence = "sequence_expression",
        String = "string",
        Subscript = "subscript_expression",
        Super = "super",
        TemplateString = "template_string",
        Ternary = "ternary_expression",
        This = "this",
        True = "true",
        TypeAssertion = "type_assertion",
        Unary = "unary_expression",
        Undefined = "undefined",
        Update = "update_expression",
        Yield = "yield_expression",
        // Parts of expressions.
        Arguments = "arguments",
        ComputedName = "computed_property_name",
        Escape = "escape_sequence",
        Fragment = "string_fragment",
        Pair = "pair",
        PrivateName = "private_property_identifier",
        PropertyName = "property_identifier",
        RegexPattern = "regex_pattern",
        ShorthandProperty = "shorthand_property_identifier",
        Spread = "spread_element",
        Substitution = "template_substitution",
        // Patterns and parameters.
        ArrayPattern = "array_pattern",
        AssignmentPattern = "assignment_pattern",
        FormalParameters = "formal_parameters",
        ObjectAssignmentPattern = "object_assignment_pattern",
        ObjectPattern = "object_pattern",
        OptionalParameter = "optional_parameter",
        PairPattern = "pair_pattern",
        RequiredParameter = "required_parameter",
        RestPattern = "rest_pattern",
        ShorthandPattern = "shorthand_property_identifier_pattern",
        // Statements.
        Block = "statement_block",
        Catch = "catch_clause",
        Do = "do_statement",
        Else = "else_clause",
        Export = "export_statement",
        ExpressionStatement = "expression_statement",
        Finally = "finally_clause",
        For = "for_statement",
        ForIn = "for_in_statement",
        If = "if_statement",
        ImportStatement = "import_statement",
        Lexical = "lexical_declaration",
        Return = "return_statement",
        Switch = "switch_statement",
        SwitchBody = "switch_body",
        SwitchCase = "switch_case",
        SwitchDefault = "switch_default",
        Throw = "throw_statement",
        Try = "try_statement",
        Variable = "variable_declaration",
        VariableDeclarator = "variable_declarator",
        While = "while_statement",
        // Declarations.
        AbstractClass = "abstract_class_declaration",
        AmbientDeclaration = "ambient_declaration",
        Class = "class_declaration",
        ClassBody = "class_body",
        ClassHeritage = "class_heritage",
        ClassStaticBlock = "class_static_block",
        Decorator = "decorator",
        Enum = "enum_declaration",
        EnumAssignment = "enum_assignment",
        EnumBody = "enum_body",
        Extends = "extends_clause",
        Field = "public_field_definition",
        Function = "function_declaration",
        GeneratorDeclaration = "generator_function_declaration",
        Implements = "implements_clause",
        Interface = "interface_declaration",
        JsField = "field_definition",
        Method = "method_definition",
        Namespace = "internal_module",
        TypeAlias = "type_alias_declaration",
        // Imports and exports.
        ExportClause = "export_clause",
        ExportSpecifier = "export_specifier",
        ImportAlias = "import_alias",
        ImportClause = "import_clause",
        ImportRequire = "import_require_clause",
        ImportSpecifier = "import_specifier",
        NamedImports = "named_imports",
        NamespaceExport = "namespace_export",
        NamespaceImport = "namespace_import",
        // Types, as far as they name classes.
        Accessibility = "accessibility_modifier",
        GenericType = "generic_type",
        NestedType = "nested_type_identifier",
        TypeAnnotation = "type_annotation",
        TypeArguments = "type_arguments",
        TypeIdentifier = "type_identifier",
        UnionType = "union_type",
        // Markup.
        JsxAttribute = "jsx_attribute",
        JsxElement = "jsx_element",
        JsxExpression = "jsx_expression",
        JsxOpening = "jsx_opening_element",
        JsxSelfClosing = "jsx_self_closing_element",
        JsxText = "jsx_text",
        // Tokens without a name of their own that are kept.
        AsyncToken = "async",
        DefaultToken = "default",
        TypeToken = "type",
        StaticToken = "static",
        StarToken = "*",
    } else Other
);

names!(
    /// The role of a node in its parent.
    Field {
        Alias = "alias",
        Alternative = "alternative",
        Argument = "argument",
        Arguments = "arguments",
        Body = "body",
        Condition = "condition",
        Consequence = "consequence",
        Constructor = "constructor",
        Declaration = "declaration",
        Decorator = "decorator",
        Finalizer = "finalizer",
        Function = "function",
        Handler = "handler",
        Index = "index",
        Key = "key",
        KindWord = "kind",
        Left = "left",
        Name = "name",
        Object = "object",
        Operator = "operator",
        Parameter = "parameter",
        Parameters = "parameters",
        Pattern = "pattern",
        Property = "property",
        ReturnType = "return_type",
        Right = "right",
        Source = "source",
        Type = "type",
        TypeArguments = "type_arguments",
        Value = "value",
    } else None
);

impl Kind {
    /// Whether it is a function of any form with a body of its own.
    pub fn is_function(self) -> bool {
        matches!(
            self,
            Self::ArrowFunction
                | Self::FunctionExpression
                | Self::GeneratorFunction
                | Self::Function
                | Self::GeneratorDeclaration
                | Self::Method
        )
    }

    /// Whether it is a class of any form.
    pub fn is_class(self) -> bool {
        matches!(self, Self::Class | Self::AbstractClass | Self::ClassExpression)
    }

    /// Whether a token of this kind is kept although the grammar gives it no name and no field.
    pub(super) fn is_kept_token(self) -> bool {
        matches!(self, Self::AsyncToken | Self::DefaultToken | Self::TypeToken | Self::StaticToken | Self::StarToken)
    }

    /// Whether nothing below such a node is ever asked for, or there is nothing.
    pub(super) fn is_leaf(self) -> bool {
        let is_word = matches!(
            self,
            Self::Identifier
                | Self::PropertyName
                | Self::PrivateName
                | Self::ShorthandProperty
                | Self::ShorthandPattern
                | Self::TypeIdentifier
                | Self::Fragment
                | Self::Escape
                | Self::Number
                | Self::This
                | Self::True
                | Self::False
                | Self::Null
                | Self::JsxText
        );
        is_word || matches!(self, Self::Interface | Self::TypeAlias | Self::Regex)
    }
}
